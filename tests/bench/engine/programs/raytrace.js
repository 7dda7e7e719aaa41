// A ray tracer: spheres over a chequered floor, shadows, reflections.
kernels.raytrace = (() => {
  class Vec {
    constructor(x, y, z) {
      this.x = x;
      this.y = y;
      this.z = z;
    }
    add(v) { return new Vec(this.x + v.x, this.y + v.y, this.z + v.z); }
    sub(v) { return new Vec(this.x - v.x, this.y - v.y, this.z - v.z); }
    scale(k) { return new Vec(this.x * k, this.y * k, this.z * k); }
    mul(v) { return new Vec(this.x * v.x, this.y * v.y, this.z * v.z); }
    dot(v) { return this.x * v.x + this.y * v.y + this.z * v.z; }
    get length() { return Math.sqrt(this.dot(this)); }
    unit() { return this.scale(1 / this.length); }
    reflect(n) { return this.sub(n.scale(2 * this.dot(n))); }
  }

  class Material {
    constructor(color, { reflection = 0, shine = 0 } = {}) {
      this.color = color;
      this.reflection = reflection;
      this.shine = shine;
    }
    colorAt() { return this.color; }
  }

  class Chequered extends Material {
    constructor(a, b, size, options) {
      super(a, options);
      this.other = b;
      this.size = size;
    }
    colorAt(p) {
      const odd = (Math.floor(p.x / this.size) + Math.floor(p.z / this.size)) & 1;
      return odd ? this.color : this.other;
    }
  }

  class Sphere {
    constructor(center, radius, material) {
      this.center = center;
      this.radius = radius;
      this.material = material;
    }
    hit(origin, dir) {
      const oc = origin.sub(this.center);
      const b = oc.dot(dir);
      const c = oc.dot(oc) - this.radius * this.radius;
      const d = b * b - c;
      if (d < 0) return Infinity;
      const root = Math.sqrt(d);
      if (-b - root > 1e-4) return -b - root;
      return -b + root > 1e-4 ? -b + root : Infinity;
    }
    normal(p) { return p.sub(this.center).unit(); }
  }

  class Plane {
    constructor(y, material) {
      this.y = y;
      this.material = material;
      this.up = new Vec(0, 1, 0);
    }
    hit(origin, dir) {
      if (Math.abs(dir.y) < 1e-6) return Infinity;
      const t = (this.y - origin.y) / dir.y;
      return t > 1e-4 ? t : Infinity;
    }
    normal() { return this.up; }
  }

  class Scene {
    constructor() {
      this.things = [];
      this.lights = [];
      this.sky = new Vec(0.2, 0.3, 0.5);
    }
    nearest(origin, dir) {
      let best = null, dist = Infinity;
      for (const thing of this.things) {
        const t = thing.hit(origin, dir);
        if (t < dist) {
          dist = t;
          best = thing;
        }
      }
      return best && { thing: best, dist };
    }
    shadowed(point, light) {
      const to = light.at.sub(point);
      const far = to.length;
      const dir = to.scale(1 / far);
      return this.things.some(thing => thing.hit(point, dir) < far);
    }
    trace(origin, dir, depth) {
      const found = this.nearest(origin, dir);
      if (!found) return this.sky;
      const { thing, dist } = found;
      const p = origin.add(dir.scale(dist));
      const n = thing.normal(p);
      const m = thing.material;
      let color = m.colorAt(p).scale(0.1);
      for (const light of this.lights) {
        if (this.shadowed(p, light)) continue;
        const l = light.at.sub(p).unit();
        const diffuse = Math.max(0, l.dot(n));
        color = color.add(m.colorAt(p).mul(light.color).scale(diffuse));
        if (m.shine > 0) {
          let s = Math.max(0, l.reflect(n).dot(dir));
          for (let k = 0; k < m.shine; k++) s *= s; // an exponent of 2**shine
          color = color.add(light.color.scale(s));
        }
      }
      if (m.reflection > 0 && depth > 0) {
        color = color.scale(1 - m.reflection).add(this.trace(p, dir.reflect(n), depth - 1).scale(m.reflection));
      }
      return color;
    }
  }

  function build() {
    const scene = new Scene();
    const r = random(7);
    scene.things.push(new Plane(-1, new Chequered(new Vec(0.9, 0.9, 0.9), new Vec(0.1, 0.1, 0.1), 1, { reflection: 0.2 })));
    for (let i = 0; i < 9; i++) {
      const center = new Vec((i % 3) * 1.6 - 1.6, Math.floor(i / 3) * 1.2 - 0.4, 4 + r() * 3);
      scene.things.push(new Sphere(center, 0.5 + r() * 0.3, new Material(new Vec(r(), r(), r()), { reflection: r() * 0.5, shine: 4 })));
    }
    scene.lights.push({ at: new Vec(-4, 6, -2), color: new Vec(0.8, 0.8, 0.7) });
    scene.lights.push({ at: new Vec(5, 3, 0), color: new Vec(0.3, 0.3, 0.5) });
    return scene;
  }

  function render(scene, width, height) {
    let sum = 0;
    const eye = new Vec(0, 0.5, -2);
    const byte = v => Math.floor(Math.min(1, v) * 31 + 0.25);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const dir = new Vec((x - width / 2) / height, (height / 2 - y) / height, 1).unit();
        const c = scene.trace(eye, dir, 3);
        sum = (Math.imul(sum, 31) + (byte(c.x) << 10 | byte(c.y) << 5 | byte(c.z))) >>> 0;
      }
    }
    return sum;
  }

  return () => expect('raytrace', render(build(), 64, 48), 53344471);
})();
