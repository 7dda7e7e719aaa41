// Parsing of access logs with regular expressions, and reports over them.
kernels.logs = (() => {
  const entry = /^(?<ip>\d{1,3}(?:\.\d{1,3}){3}) - (?<user>\S+) \[(?<day>\d\d)\/(?<month>[A-Z][a-z]{2})\/(?<year>\d{4}):(?<time>\d\d:\d\d:\d\d) [+-]\d{4}\] "(?<method>[A-Z]+) (?<target>[^ "]+) HTTP\/(?<version>\d\.\d)" (?<status>\d{3}) (?<size>\d+|-) "(?<referrer>[^"]*)" "(?<agent>[^"]*)"(?: (?<ms>\d+\.\d+)ms)?$/;
  const query = /[?&]([^=&#]+)=([^&#]*)/g;
  const bots = /bot|crawl|spider|slurp/i;
  const browsers = [
    [/Firefox\/(\d+)/, 'firefox'], [/Edg\/(\d+)/, 'edge'], [/Chrome\/(\d+)/, 'chrome'],
    [/Version\/(\d+)[^)]*Safari/, 'safari'], [/^curl\/(\d+)/, 'curl'],
  ];
  const attacks = [/\.\.\/|%2e%2e/i, /<script|%3Cscript/i, /\bunion\b.*\bselect\b/i, /\/(?:wp-admin|phpmyadmin|\.git)\b/i];
  const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

  const agents = [
    'Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0',
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0',
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15',
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/125.0.0.0 Safari/537.36',
    'Examplebot/2.1 (+http://example.com/bot.html)', 'curl/8.5.0', '-',
  ];
  const targets = [
    '/', '/index.html', '/articles/2026/some-title', '/search?q=red+shoes&page=2&sort=price', '/api/v1/users/42?fields=name%2Cmail',
    '/static/app.3f2a.js', '/img/logo.png', '/download?file=../../etc/passwd', '/?id=1+UNION+ALL+SELECT+name', '/wp-admin/setup.php',
    '/search?q=%3Cscript%3E', '/cart?add=17&n=3#top',
  ];

  function generate(lines) {
    const r = random(99);
    const pick = list => list[Math.floor(r() * list.length)];
    const two = n => String(n).padStart(2, '0');
    const out = [];
    for (let i = 0; i < lines; i++) {
      const ip = `10.${Math.floor(r() * 4)}.0.${Math.floor(r() * 250)}`;
      const when = `${two(1 + (i % 28))}/${pick(months)}/2026:${two(i % 24)}:${two(i % 60)}:${two(Math.floor(r() * 60))} +0000`;
      const status = pick([200, 200, 200, 200, 301, 304, 404, 500]);
      const size = status === 304 ? '-' : Math.floor(r() * 50000);
      const time = r() < 0.7 ? ` ${(r() * 900).toFixed(2)}ms` : '';
      const line = `${ip} - ${r() < 0.1 ? 'alice' : '-'} [${when}] "${pick(['GET', 'GET', 'GET', 'POST'])} ${pick(targets)} HTTP/1.1" ${status} ${size} "-" "${pick(agents)}"${time}`;
      out.push(r() < 0.02 ? line.slice(0, 60) : line); // some are cut off
    }
    return out.join('\n');
  }

  function browser(agent) {
    if (bots.test(agent)) return 'bot';
    for (const [re, name] of browsers) {
      const m = re.exec(agent);
      if (m) return name + ' ' + m[1];
    }
    return 'other';
  }

  function parse(line) {
    const m = entry.exec(line);
    if (!m) return null;
    const { groups } = m;
    const params = {};
    for (const [, k, v] of groups.target.matchAll(query)) {
      params[k] = decodeURIComponent(v.replace(/\+/g, ' '));
    }
    return {
      ip: groups.ip,
      stamp: `${groups.year}-${String(months.indexOf(groups.month) + 1).padStart(2, '0')}-${groups.day}T${groups.time}Z`,
      method: groups.method,
      path: groups.target.replace(/[?#].*$/, ''),
      params,
      status: Number(groups.status),
      bytes: groups.size === '-' ? 0 : Number(groups.size),
      ms: groups.ms === undefined ? null : parseFloat(groups.ms),
      browser: browser(groups.agent),
      attack: attacks.findIndex(re => re.test(groups.target)),
    };
  }

  function count(map, key, n = 1) { map.set(key, (map.get(key) || 0) + n); }

  function top(map, n) {
    return [...map].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).slice(0, n).map(([k, v]) => k + '=' + v).join(',');
  }

  function report(text) {
    const hosts = new Map(), paths = new Map(), statuses = new Map(), clients = new Map(), days = new Map(), words = new Map();
    let bad = 0, suspicious = 0;
    const times = [];
    for (const line of text.split(/\r?\n/)) {
      const e = parse(line);
      if (!e) {
        bad++;
        continue;
      }
      count(hosts, e.ip.replace(/\.\d+$/, '.*'));
      count(paths, e.method + ' ' + e.path.replace(/\/\d+(?=\/|$)/g, '/:n'));
      count(statuses, String(e.status)[0] + 'xx', e.bytes);
      count(clients, e.browser);
      count(days, e.stamp.slice(0, 7));
      for (const w of Object.values(e.params).join(' ').split(/\W+/).filter(Boolean)) count(words, w.toLowerCase());
      if (e.attack >= 0) suspicious++;
      if (e.ms !== null) times.push(e.ms);
    }
    times.sort((a, b) => a - b);
    const at = q => times[Math.floor(q * (times.length - 1))];
    return [bad, suspicious, at(0.5), at(0.99), ...[hosts, paths, statuses, clients, days, words].map(m => top(m, 5))].join('\n');
  }

  const text = generate(1500);
  return () => expect('logs', checksum(report(text)), 3244480477);
})();
