// What is looked at: range, filter, kind, flow. It is in the address, so that back, forward and bookmarks work.

export const ranges = [
  {name: '5m', title: '5 min', words: 'the last 5 minutes', seconds: 300, bucket: 5, every: 5},
  {name: '1h', title: '1 h', words: 'the last hour', seconds: 3600, bucket: 60, every: 15},
  {name: '24h', title: '24 h', words: 'the last 24 hours', seconds: 86400, bucket: 600, every: 60},
];

export class View {
  constructor(defaults) {
    this.defaults = defaults;
    this.heard = [];
    this.read();
  }

  read() {
    const said = new URLSearchParams(location.hash.slice(1));
    this.range = ranges.find(range => range.name === said.get('range')) ?? ranges[0];
    this.where = said.get('where') ?? this.defaults.where;
    this.kind = said.get('kind') ?? 'http';
    this.flow = said.get('flow') ?? '';
    this.node = said.get('node') ?? '';
  }

  /** What the range begins with, as a moment of time; buckets are whole. */
  get from() {
    return Math.floor((Date.now() / 1000 - this.range.seconds) / this.range.bucket) * this.range.bucket * 1000;
  }

  /** For questions. */
  get time() {
    return {since: new Date(this.from).toISOString(), where: this.where};
  }

  address(changes) {
    const all = {
      range: this.range.name,
      where: this.where,
      kind: this.kind,
      flow: this.flow,
      node: this.node,
      ...changes,
    };
    const said = new URLSearchParams();
    if (all.range !== ranges[0].name) said.set('range', all.range);
    if (all.where !== this.defaults.where) said.set('where', all.where);
    if (all.kind !== 'http') said.set('kind', all.kind);
    if (all.flow) {
      said.set('flow', all.flow);
      if (all.node) said.set('node', all.node);
    }
    return `#${said}`;
  }

  go(changes) {
    location.hash = this.address(changes);
  }

  narrow(filter) {
    const parts = this.where ? `(${this.where}) and ${filter}` : filter;
    this.go({where: this.where.includes(filter) ? this.where : parts, flow: ''});
  }
}
