import {h, narrowing, table} from '../dom.js';
import {aggregate} from '../api.js';
import {bytes, count, percent} from '../units.js';

const [up, down] = ['sum(flow.bytes.toserver)', 'sum(flow.bytes.toclient)'];
const shownMax = 6;

/** What has no name above the transport. */
const transports = {1: 'icmp', 6: 'tcp', 17: 'udp', 58: 'icmp6', 132: 'sctp'};

export default {
  id: 'protocols',
  title: 'Protocols',
  width: 'third',
  nothing: 'No flows ended',
  async ask(view, signal) {
    const {rows, completeness} = await aggregate(
      {kind: 'flow', by: ['app', 'proto'], measure: [down, up, 'count'], ...view.time},
      signal,
    );
    return {rows, completeness: [completeness]};
  },
  isEmpty: ({rows}) => rows.length === 0,
  render({rows}, view) {
    const all = rows.map(row => ({
      name: row.app || `other ${transports[row.proto] ?? `protocol ${row.proto}`}`,
      filter: row.app ? `app == ${row.app}` : `proto == ${row.proto} and not exists app`,
      bytes: row[up] + row[down],
      flows: row.count,
    }));
    const merged = [...Map.groupBy(all, row => row.name)]
      .map(([name, same]) => ({
        name,
        filter: same[0].filter,
        bytes: same.reduce((sum, one) => sum + one.bytes, 0),
        flows: same.reduce((sum, one) => sum + one.flows, 0),
      }))
      .sort((one, other) => other.bytes - one.bytes);
    const total = merged.reduce((sum, one) => sum + one.bytes, 0);
    const top = merged.slice(0, shownMax),
      rest = merged.slice(shownMax);
    if (rest.length) {
      top.push({
        name: `${rest.length} more`,
        bytes: rest.reduce((sum, one) => sum + one.bytes, 0),
        flows: rest.reduce((sum, one) => sum + one.flows, 0),
      });
    }
    return [
      h(
        'div',
        {class: 'bars', 'aria-hidden': 'true'},
        top.map((one, index) =>
          h('span', {class: `c${index + 1}`, style: {width: `${(100 * one.bytes) / (total || 1)}%`}}),
        ),
      ),
      table(
        'Protocols by bytes',
        [
          {
            title: 'Protocol',
            head: true,
            cell: one => [
              h('span', {class: `key c${top.indexOf(one) + 1}`, 'aria-hidden': 'true'}),
              one.filter ? narrowing(one.name, one.filter, view) : one.name,
            ],
          },
          {title: 'Bytes', number: true, cell: one => bytes(one.bytes)},
          {title: 'Share', number: true, cell: one => percent(one.bytes, total)},
          {title: 'Flows', number: true, cell: one => count(one.flows)},
        ],
        top,
      ),
    ];
  },
};
