import {h, narrowing, table} from '../dom.js';
import {aggregate, and, quoted} from '../api.js';
import {length, count, percent} from '../units.js';

const shownMax = 15,
  askedMax = 200;
const by = ['dst.namespace', 'dst.service', 'dst.workload'];

/** How exchanges are told from each other, and which of them went wrong. */
const protocols = [
  {
    name: 'HTTP',
    kind: 'http',
    only: 'not exists grpc.status',
    bad: 'http.status >= 500 or not exists http.status',
    took: 'http.latency',
    about: 'status 5xx or no answer',
  },
  {
    name: 'gRPC',
    kind: 'http',
    only: 'exists grpc.status',
    bad: 'grpc.status != 0',
    took: 'http.latency',
    about: 'a status other than OK',
  },
  {
    name: 'DNS',
    kind: 'dns',
    only: '',
    bad: 'dns.rcode not in (0, 3) or dns.has_response == false',
    took: 'dns.latency',
    about: 'an error other than NXDOMAIN, or no answer',
  },
];

export default {
  id: 'services',
  title: 'Services',
  nothing: 'No exchanges',
  note: 'by who was asked; latency to the head of the answer',
  async ask(view, signal) {
    const all = await Promise.all(
      protocols.map(async protocol => {
        const {kind, only, bad, took} = protocol;
        const question = {kind, by, top: askedMax, since: view.time.since};
        const where = and(view.where, only);
        const [whole, wrong] = await Promise.all([
          aggregate({...question, where, measure: ['count', ...[50, 95, 99].map(part => `p${part}(${took})`)]}, signal),
          aggregate({...question, where: and(where, bad)}, signal),
        ]);
        return {
          protocol,
          rows: whole.rows,
          wrong: wrong.rows,
          completeness: [whole.completeness, wrong.completeness],
        };
      }),
    );
    return {all, completeness: all.flatMap(one => one.completeness)};
  },
  isEmpty: ({all}) => all.every(one => one.rows.every(row => !row.count)),
  render({all}, view) {
    const rows = all
      .flatMap(({protocol, rows, wrong}) => {
        const errors = new Map(wrong.map(row => [keyOf(row), row.count]));
        return rows
          .filter(row => row.count > 0)
          .map(row => ({
            ...protocol,
            row,
            space: row['dst.namespace'],
            errors: errors.get(keyOf(row)) ?? 0,
            ...called(row),
          }));
      })
      .sort((one, other) => other.row.count - one.row.count);
    const hidden = rows.length - shownMax;
    const late = part => one => length(one.row[`p${part}(${one.took})`]);
    return [
      table(
        'Error rate and latency of each service',
        [
          {
            title: 'Service',
            head: true,
            cell: one => [
              one.filter ? narrowing(one.title, one.filter, view) : one.title,
              one.space && h('span', {class: 'of'}, ` ${one.space}`),
            ],
          },
          {title: 'Protocol', cell: one => one.name},
          {title: 'Exchanges', number: true, cell: one => count(one.row.count)},
          {
            title: 'Errors',
            number: true,
            cell: one =>
              h('span', {class: one.errors ? 'bad' : '', title: one.about}, percent(one.errors, one.row.count)),
          },
          {title: 'Median', number: true, cell: late(50)},
          {title: 'p95', number: true, cell: late(95)},
          {title: 'p99', number: true, cell: late(99)},
        ],
        rows.slice(0, shownMax),
      ),
      hidden > 0 && h('p', {class: 'quiet'}, `${hidden} more with fewer exchanges: narrow by the filter.`),
    ];
  },
};

const keyOf = row => JSON.stringify(by.map(field => row[field]));

function called(row) {
  for (const field of ['dst.service', 'dst.workload']) {
    if (!row[field]) continue;
    const one = `${field} == ${quoted(row[field])}`;
    return {
      title: row[field],
      filter: row['dst.namespace'] ? `${one} and dst.namespace == ${quoted(row['dst.namespace'])}` : one,
    };
  }
  return {title: 'without a name', filter: 'not exists dst.workload and not exists dst.service'};
}
