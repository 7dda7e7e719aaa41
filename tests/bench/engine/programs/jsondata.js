// Transforming JSON: parse, validate against a schema, normalise, join, group,
// patch, compare, print.
kernels.jsondata = (() => {
  const names = ['Ada', 'Brian', 'Chloé', 'Dmitri', 'Eve', 'François', 'Grace', 'Håkon', '山田', 'Zoë "Z"'];
  const cities = ['Berlin', 'Paris', 'Oslo', 'São Paulo', 'Tōkyō'];

  function generate(n) {
    const r = random(5);
    const int = k => Math.floor(r() * k);
    const users = [], orders = [];
    for (let i = 0; i < n; i++) {
      users.push({
        id: i,
        name: names[int(names.length)] + ' ' + i,
        email: i % 9 ? `user${i}@example.com` : null,
        address: { city: cities[int(cities.length)], zip: String(10000 + int(89999)), geo: [int(180) - 90, int(360) - 180] },
        tags: ['a', 'b', 'c', 'd'].filter(() => r() < 0.4),
        active: r() < 0.8,
      });
    }
    for (let i = 0; i < n * 3; i++) {
      const items = [];
      for (let k = int(4) + 1; k > 0; k--) items.push({ sku: 'S-' + int(50), price: int(10000) / 100, count: 1 + int(5) });
      orders.push({ id: 'o' + i, user: int(n + 5), items, note: i % 5 ? undefined : 'line\n"quoted"\t\\', at: `2026-0${1 + int(9)}-1${int(9)}` });
    }
    return JSON.stringify({ version: 1.5, users, orders });
  }

  const schema = {
    type: 'object',
    required: ['version', 'users', 'orders'],
    properties: {
      version: { type: 'number' },
      users: {
        type: 'array',
        items: {
          type: 'object',
          required: ['id', 'name', 'address'],
          properties: {
            id: { type: 'number', minimum: 0 }, name: { type: 'string', pattern: /^\S/ }, email: { type: 'string', nullable: true },
            address: { type: 'object', required: ['city'], properties: { city: { type: 'string' }, zip: { type: 'string', pattern: /^\d{5}$/ }, geo: { type: 'array', items: { type: 'number' } } } },
            tags: { type: 'array', items: { type: 'string' } }, active: { type: 'boolean' },
          },
        },
      },
      orders: {
        type: 'array',
        items: {
          type: 'object',
          required: ['id', 'user', 'items', 'note'],
          properties: { id: { type: 'string' }, items: { type: 'array', items: { type: 'object', properties: { price: { type: 'number', minimum: 1 } } } } },
        },
      },
    },
  };

  function validate(value, rule, path, errors) {
    const type = Array.isArray(value) ? 'array' : value === null ? 'null' : typeof value;
    if (type !== rule.type) {
      if (!(type === 'null' && rule.nullable)) errors.push(`${path}: ${type} is no ${rule.type}`);
      return errors;
    }
    if (rule.minimum !== undefined && value < rule.minimum) errors.push(`${path}: ${value} < ${rule.minimum}`);
    if (rule.pattern && !rule.pattern.test(value)) errors.push(`${path}: does not match`);
    for (const key of rule.required || []) {
      if (!(key in value)) errors.push(`${path}/${key}: missing`);
    }
    for (const [key, sub] of Object.entries(rule.properties || {})) {
      if (key in value) validate(value[key], sub, path + '/' + key, errors);
    }
    if (rule.items) value.forEach((item, i) => validate(item, rule.items, path + '/' + i, errors));
    return errors;
  }

  const camel = s => s.replace(/[A-Z]/g, c => '_' + c.toLowerCase());

  function join({ users, orders }) {
    const byId = new Map(users.map(u => [u.id, { ...u, orders: [], totalSpent: 0 }]));
    const orphans = [];
    for (const { user, items, ...rest } of orders) {
      const total = items.reduce((sum, { price, count }) => sum + Math.round(price * 100) * count, 0);
      const owner = byId.get(user);
      if (!owner) {
        orphans.push(rest.id);
        continue;
      }
      owner.orders.push({ ...rest, total, skus: items.map(i => i.sku).sort() });
      owner.totalSpent += total;
    }
    return { users: [...byId.values()], orphans };
  }

  function groupBy(list, key) {
    return list.reduce((groups, item) => {
      (groups[key(item)] = groups[key(item)] || []).push(item);
      return groups;
    }, {});
  }

  function diff(a, b, path = '') {
    if (Object.is(a, b)) return [];
    if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null || Array.isArray(a) !== Array.isArray(b)) {
      return [{ op: 'replace', path, value: b }];
    }
    const out = [];
    for (const key of Object.keys(a)) {
      const at = path + '/' + key.replace(/~/g, '~0').replace(/\//g, '~1');
      if (Object.prototype.hasOwnProperty.call(b, key)) out.push(...diff(a[key], b[key], at));
      else out.push({ op: 'remove', path: at });
    }
    for (const key of Object.keys(b)) {
      if (!Object.prototype.hasOwnProperty.call(a, key)) out.push({ op: 'add', path: path + '/' + key, value: b[key] });
    }
    return out;
  }

  function patch(doc, ops) {
    for (const { op, path, value } of ops) {
      const keys = path.split('/').slice(1).map(k => k.replace(/~1/g, '/').replace(/~0/g, '~'));
      const last = keys.pop();
      const target = keys.reduce((o, k) => o[k], doc);
      if (op === 'remove') delete target[last];
      else target[last] = value;
    }
    return doc;
  }

  function transform(text) {
    const data = JSON.parse(text);
    const errors = validate(data, schema, '', []);
    const joined = join(data);
    const cityStats = Object.entries(groupBy(joined.users.filter(u => u.active), u => u.address.city))
      .map(([city, list]) => ({ city, users: list.length, spentCents: list.reduce((s, u) => s + u.totalSpent, 0), best: list.sort((a, b) => b.totalSpent - a.totalSpent)[0].name }))
      .sort((a, b) => (a.city < b.city ? -1 : 1));
    const before = JSON.parse(JSON.stringify(joined));
    for (const u of joined.users) {
      if (u.email === null) delete u.email;
      if (u.tags.includes('a')) u.flags = { vip: u.totalSpent > 100000, 'a/b~c': [1, null] };
    }
    const ops = diff(before, joined);
    const same = diff(patch(before, ops), joined).length;
    const snake = JSON.stringify({ cityStats, errors, same, ops: ops.length, ...joined }, (key, v) =>
      v && typeof v === 'object' && !Array.isArray(v) ? Object.fromEntries(Object.entries(v).map(([k, x]) => [camel(k), x])) : v);
    return snake + JSON.stringify(JSON.parse(snake, (key, v) => (typeof v === 'string' ? v.toUpperCase() : v)));
  }

  const text = generate(120);
  return () => expect('jsondata', checksum(transform(text)), 758196867);
})();
