// An operating system's scheduler in objects: tasks of several classes pass
// messages through queues, devices finish later, priorities decide who runs.
kernels.scheduler = (() => {
  const READY = 0, BLOCKED = 1, DONE = 2;

  class Message {
    constructor(from, kind, payload) {
      this.from = from;
      this.kind = kind;
      this.payload = payload;
      this.next = null;
    }
  }

  // Mailbox is a linked queue: taking and adding are the hot operations.
  class Mailbox {
    constructor() {
      this.head = this.tail = null;
      this.size = 0;
    }
    put(message) {
      message.next = null;
      if (this.tail) this.tail.next = message;
      else this.head = message;
      this.tail = message;
      this.size++;
    }
    take() {
      const m = this.head;
      if (m) {
        this.head = m.next;
        if (!this.head) this.tail = null;
        this.size--;
      }
      return m;
    }
  }

  class Task {
    constructor(system, name, priority) {
      this.system = system;
      this.name = name;
      this.priority = priority;
      this.state = READY;
      this.mail = new Mailbox();
      this.runs = 0;
    }
    get runnable() { return this.state === READY || (this.state === BLOCKED && this.mail.size > 0); }
    receive(message) { this.mail.put(message); }
    step() {
      this.runs++;
      this.state = READY;
      const message = this.mail.take();
      if (message) this.handle(message);
      else this.idle();
    }
    idle() { this.state = BLOCKED; }
    handle() { throw new Error(this.name + ' handles nothing'); }
    send(to, kind, payload) { this.system.deliver(to, new Message(this, kind, payload)); }
  }

  class Idler extends Task {
    constructor(system, ticks) {
      super(system, 'idle', 0);
      this.ticks = ticks;
      this.seed = 1;
    }
    get runnable() { return this.state !== DONE; }
    idle() {
      if (--this.ticks === 0) {
        this.state = DONE;
        return;
      }
      this.seed = (this.seed & 1 ? this.seed >> 1 ^ 0xd008 : this.seed >> 1);
      this.send(this.seed & 1 ? 'disk' : 'network', 'interrupt', this.seed);
    }
  }

  class Worker extends Task {
    constructor(system, name, priority, targets) {
      super(system, name, priority);
      this.targets = targets;
      this.turn = 0;
      this.letter = 0;
    }
    handle({ kind, payload }) {
      if (kind === 'done') {
        this.system.count('results', payload.reduce((a, b) => a + b, 0));
      }
      const buffer = [];
      for (let i = 0; i < 4; i++) {
        this.letter = (this.letter + 7) % 26;
        buffer.push(65 + this.letter);
      }
      this.turn = (this.turn + 1) % this.targets.length;
      this.send(this.targets[this.turn], 'work', buffer);
    }
  }

  class Handler extends Task {
    constructor(system, name, priority, device) {
      super(system, name, priority);
      this.device = device;
      this.waiting = new Mailbox();
    }
    handle(message) {
      switch (message.kind) {
        case 'work':
          this.waiting.put(message);
          break;
        case 'complete':
          this.send(message.payload.owner, 'done', message.payload.data);
          break;
      }
      const next = this.waiting.take();
      if (next) this.send(this.device, 'request', { owner: next.from.name, data: next.payload.map(c => c ^ 32), handler: this.name });
    }
  }

  class Device extends Task {
    constructor(system, name, priority) {
      super(system, name, priority);
      this.pending = [];
    }
    handle({ kind, payload }) {
      if (kind === 'request') {
        this.pending.push(payload);
        this.system.count(this.name);
      } else if (kind === 'interrupt' && this.pending.length) {
        const request = this.pending.shift();
        this.send(request.handler, 'complete', request);
      }
    }
  }

  class System {
    constructor() {
      this.tasks = [];
      this.byName = new Map();
      this.counters = {};
      this.switches = 0;
      this.trace = 0;
    }
    add(task) {
      this.byName.set(task.name, task);
      const at = this.tasks.findIndex(t => t.priority < task.priority);
      if (at < 0) this.tasks.push(task);
      else this.tasks.splice(at, 0, task);
      return this;
    }
    deliver(name, message) {
      const task = this.byName.get(name);
      if (!task) throw new Error('no task ' + name);
      this.count(message.kind);
      task.receive(message);
    }
    count(what, n = 1) { this.counters[what] = (this.counters[what] || 0) + n; }
    pick() {
      for (const task of this.tasks) {
        if (task.runnable) return task;
      }
      return null;
    }
    run() {
      let current = null;
      for (let task = this.pick(); task; task = this.pick()) {
        if (task !== current) {
          this.switches++;
          this.trace = (Math.imul(this.trace, 31) + task.name.length * 7 + task.priority) >>> 0;
        }
        current = task;
        task.step();
      }
    }
  }

  return () => {
    const system = new System();
    system.add(new Idler(system, 3000))
      .add(new Worker(system, 'worker A', 10, ['disk handler', 'network handler']))
      .add(new Worker(system, 'worker B', 11, ['network handler', 'network handler', 'disk handler']))
      .add(new Handler(system, 'disk handler', 20, 'disk'))
      .add(new Handler(system, 'network handler', 21, 'network'))
      .add(new Device(system, 'disk', 30))
      .add(new Device(system, 'network', 31));
    for (let i = 0; i < 3; i++) {
      for (const w of ['worker A', 'worker B']) system.deliver(w, new Message(null, 'start', null));
    }
    system.run();
    const runs = system.tasks.map(t => t.name + '=' + t.runs).join();
    return expect('scheduler', checksum(runs + JSON.stringify(system.counters) + system.switches + ':' + system.trace), 3031667137);
  };
})();
