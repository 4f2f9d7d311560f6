import {aggregate} from '../api.js';
import {chart, perSecond} from '../chart.js';
import {rate} from '../units.js';

const kinds = {http: 'HTTP and gRPC', dns: 'DNS', tls: 'TLS', quic: 'QUIC', websocket: 'WebSocket'};

export default {
  id: 'transactions',
  title: 'Exchanges',
  width: 'half',
  nothing: 'No exchanges',
  async ask(view, signal) {
    const all = await Promise.all(
      Object.keys(kinds).map(kind => aggregate({kind, bucket: `${view.range.bucket}s`, ...view.time}, signal)),
    );
    return {all, completeness: all.map(one => one.completeness)};
  },
  isEmpty: ({all}) => all.every(one => one.rows.length === 0),
  render: ({all}, view) =>
    chart(
      'Exchanges',
      Object.values(kinds)
        .map((name, index) => ({name, rows: all[index].rows}))
        .filter(one => one.rows.length > 0)
        .map(({name, rows}) => ({name, values: perSecond(rows, 'count', view)})),
      view,
      rate,
    ),
};
