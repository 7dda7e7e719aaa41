// Markdown to HTML: blocks by line, spans by scanning.
kernels.markdown = (() => {
  const escapes = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
  const escape = s => s.replace(/[&<>"]/g, c => escapes[c]);

  class Inline {
    constructor(text, links) {
      this.text = text;
      this.links = links;
      this.pos = 0;
    }
    render(until = null) {
      let out = '', plain = this.pos;
      const flush = () => {
        if (plain < this.pos) out += escape(this.text.slice(plain, this.pos));
      };
      while (this.pos < this.text.length) {
        if (until !== null && this.text.startsWith(until, this.pos)) {
          flush();
          this.pos += until.length;
          return out;
        }
        const start = this.pos;
        const html = this.span(this.text[start]);
        if (html === null) {
          this.pos = start + 1;
          continue;
        }
        const end = this.pos;
        this.pos = start;
        flush();
        out += html;
        this.pos = plain = end;
      }
      if (until !== null) return null;
      flush();
      return out;
    }
    span(c) {
      switch (c) {
        case '\\': return this.escaped();
        case '`': return this.code();
        case '*': return this.text[this.pos + 1] === '*' ? this.wrap('**', 'strong') : this.wrap('*', 'em');
        case '~': return this.text[this.pos + 1] === '~' ? this.wrap('~~', 'del') : null;
        case '[': return this.link(false);
        case '!': return this.text[this.pos + 1] === '[' ? this.link(true) : null;
        case '<': return this.autolink();
      }
      return null;
    }
    escaped() {
      const next = this.text[this.pos + 1];
      if (!/[\\`*_{}\[\]()#+\-.!~<>]/.test(next || '')) return null;
      this.pos += 2;
      return escape(next);
    }
    code() {
      const end = this.text.indexOf('`', this.pos + 1);
      if (end < 0) return null;
      const code = this.text.slice(this.pos + 1, end);
      this.pos = end + 1;
      return `<code>${escape(code)}</code>`;
    }
    wrap(mark, tag) {
      this.pos += mark.length;
      const inner = this.render(mark);
      return inner ? `<${tag}>${inner}</${tag}>` : null;
    }
    link(image) {
      const m = /^!?\[([^\]]*)\](?:\(([^\s)]+)(?:\s+"([^"]*)")?\)|\[([^\]]*)\])/.exec(this.text.slice(this.pos));
      if (!m) return null;
      const ref = m[2] === undefined ? this.links.get((m[4] || m[1]).toLowerCase()) : { url: m[2], title: m[3] };
      if (!ref) return null;
      this.pos += m[0].length;
      const title = ref.title ? ` title="${escape(ref.title)}"` : '';
      if (image) return `<img src="${escape(ref.url)}" alt="${escape(m[1])}"${title}>`;
      return `<a href="${escape(ref.url)}"${title}>${new Inline(m[1], this.links).render()}</a>`;
    }
    autolink() {
      const m = /^<(https?:[^\s<>]+)>/.exec(this.text.slice(this.pos));
      if (!m) return null;
      this.pos += m[0].length;
      return `<a href="${escape(m[1])}">${escape(m[1])}</a>`;
    }
  }

  class Markdown {
    constructor(source) {
      this.links = new Map();
      this.lines = source.split('\n').filter(l => !this.definition(l));
    }
    definition(line) {
      const m = /^\[([^\]]+)\]:\s+(\S+)(?:\s+"(.*)")?$/.exec(line);
      if (m) this.links.set(m[1].toLowerCase(), { url: m[2], title: m[3] });
      return m !== null;
    }
    inline(text) { return new Inline(text, this.links).render(); }
    render() { return this.blocks(this.lines).join('\n'); }
    blocks(lines) {
      const out = [];
      let i = 0;
      const take = test => {
        const taken = [];
        while (i < lines.length && test(lines[i])) taken.push(lines[i++]);
        return taken;
      };
      while (i < lines.length) {
        const line = lines[i];
        let m;
        if (line.trim() === '') {
          i++;
        } else if ((m = /^(#{1,6})\s+(.*?)\s*#*$/.exec(line))) {
          i++;
          const id = m[2].toLowerCase().replace(/[^\w]+/g, '-').replace(/^-|-$/g, '');
          out.push(`<h${m[1].length} id="${id}">${this.inline(m[2])}</h${m[1].length}>`);
        } else if ((m = /^```(\w*)/.exec(line))) {
          i++;
          const code = take(l => !l.startsWith('```'));
          i++;
          out.push(`<pre><code class="${m[1] || 'text'}">${code.map(escape).join('\n')}</code></pre>`);
        } else if (/^>/.test(line)) {
          out.push('<blockquote>', ...this.blocks(take(l => /^>/.test(l)).map(l => l.replace(/^> ?/, ''))), '</blockquote>');
        } else if (/^(\*|-|\d+\.)\s/.test(line)) {
          out.push(this.list(take(l => /^(\*|-|\d+\.|\s+\S)/.test(l))));
        } else if (/^\|/.test(line)) {
          out.push(this.table(take(l => /^\|/.test(l))));
        } else if (/^(---|\*\*\*)\s*$/.test(line)) {
          i++;
          out.push('<hr>');
        } else {
          out.push(`<p>${this.inline(take(l => /^[^#>|\s`]/.test(l)).join('\n') || lines[i++])}</p>`);
        }
      }
      return out;
    }
    list(lines) {
      const tag = /^\d/.test(lines[0]) ? 'ol' : 'ul';
      const items = [];
      for (const line of lines) {
        const m = /^(?:\*|-|\d+\.)\s+(.*)$/.exec(line);
        if (m) items.push({ text: m[1], children: [] });
        else items[items.length - 1].children.push(line.replace(/^ {1,3}/, ''));
      }
      const html = items.map(({ text, children }) => `<li>${this.inline(text)}${children.length ? this.blocks(children).join('') : ''}</li>`);
      return `<${tag}>${html.join('')}</${tag}>`;
    }
    table(lines) {
      const rows = lines.map(l => l.replace(/^\||\|$/g, '').split('|').map(c => c.trim()));
      const align = rows[1].map(c => (c.endsWith(':') ? (c.startsWith(':') ? 'center' : 'right') : 'left'));
      const row = (cells, tag) => `<tr>${cells.map((c, k) => `<${tag} align="${align[k]}">${this.inline(c)}</${tag}>`).join('')}</tr>`;
      return `<table>${row(rows[0], 'th')}${rows.slice(2).map(r => row(r, 'td')).join('')}</table>`;
    }
  }

  const part = `# Title *number* NN
Some text with **bold *and nested* words**, \`code <x>\` and a [link](http://example.com/a?b=1&c=2 "The title").
A second line, with ![an image](pic.png), ~~gone~~, \\*not emphasised\\* and <https://example.org/>.

## Lists
* one
* two with **bold**
  - nested
  - more [ref][Home]
* three

1. first
2. second & last

> A quote with \`code\`
> ### and a heading
> * and a list

| name | size | note |
|:-----|-----:|:----:|
| a | 1 | *x* |
| b & c | 22 | [home] |

\`\`\`js
const a = 1 < 2 && "s";
\`\`\`
---
An unclosed *star and \`tick, and a lone [bracket].

[home]: http://example.com/ "Home page"
`;

  return () => {
    let source = '';
    for (let i = 0; i < 60; i++) source += part.replace('NN', i);
    return expect('markdown', checksum(new Markdown(source).render()), 2731796595);
  };
})();
