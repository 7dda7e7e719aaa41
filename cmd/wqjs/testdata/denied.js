import { connect } from 'wqjs:net';

await connect({ host: '127.0.0.1', port: 9 });
