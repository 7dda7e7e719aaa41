// The REST server of the native C module's document, with the import replaced
// and a database to go with it.
//
//   wqjs --allow-listen=127.0.0.1:8080 examples/seed-rest.js
//   curl -d name=Ann http://127.0.0.1:8080/api/users
import express from 'wqjs:express';

const db = { users: [] };

const app = express();

// Middleware
app.use((req, res, next) => {
  console.log(`${req.method} ${req.path}`);
  next();
});

// REST API with route parameters
app.get('/api/users/:id', (req, res) => {
  const user = db.users.find(u => u.id == req.params.id);
  res.json(user || { error: 'Not found' }, 404);
});

app.post('/api/users', (req, res) => {
  const newUser = { id: Date.now(), ...req.body };
  db.users.push(newUser);
  res.status(201).json(newUser);
});

app.listen(8080, '0.0.0.0', () => {
  console.log('Server running on port 8080');
});
