import {h, narrowing, table} from '../dom.js';
import {aggregate} from '../api.js';
import {either} from '../peers.js';
import {bytes, count} from '../units.js';

const [up, down] = ['sum(flow.bytes.toserver)', 'sum(flow.bytes.toclient)'];
const shownMax = 8,
  askedMax = 200;

export default {
  id: 'talkers',
  title: 'Top talkers',
  width: 'third',
  nothing: 'No flows ended',
  async ask(view, signal) {
    const of = (side, first, second) =>
      aggregate(
        {
          kind: 'flow',
          by: [`${side}.namespace`, `${side}.name`, `${side}.ip`],
          measure: [first, second, 'count'],
          top: askedMax,
          ...view.time,
        },
        signal,
      );
    const [clients, servers] = await Promise.all([of('src', up, down), of('dst', down, up)]);
    return {
      clients: clients.rows,
      servers: servers.rows,
      completeness: [clients.completeness, servers.completeness],
    };
  },
  isEmpty: ({clients}) => clients.length === 0,
  render({clients, servers}, view) {
    const peers = new Map();
    const add = (rows, side, sent, received) => {
      for (const row of rows) {
        const [space, name, ip] = [row[`${side}.namespace`], row[`${side}.name`], row[`${side}.ip`]];
        const key = JSON.stringify(name ? [space, name] : [ip]);
        const peer = peers.get(key) ?? {space, name, ip, sent: 0, received: 0, flows: 0};
        peer.sent += row[sent];
        peer.received += row[received];
        peer.flows += row.count;
        peers.set(key, peer);
      }
    };
    add(clients, 'src', up, down);
    add(servers, 'dst', down, up);
    const size = one => one.sent + one.received;
    const top = [...peers.values()].sort((one, other) => size(other) - size(one)).slice(0, shownMax);
    const most = Math.max(1, ...top.map(size));
    return table(
      'Top talkers by bytes',
      [
        {
          title: 'Who',
          head: true,
          cell: one => [
            narrowing(one.name || one.ip, either(one.name, one.space, one.ip), view),
            one.space && h('span', {class: 'of'}, ` ${one.space}`),
            h('span', {
              class: 'bar',
              'aria-hidden': 'true',
              style: {width: `${(100 * size(one)) / most}%`},
            }),
          ],
        },
        {title: 'Sent', number: true, cell: one => bytes(one.sent)},
        {title: 'Received', number: true, cell: one => bytes(one.received)},
        {title: 'Flows', number: true, cell: one => count(one.flows)},
      ],
      top,
    );
  },
};
