import {aggregate} from '../api.js';
import {chart, perSecond} from '../chart.js';
import {byteRate} from '../units.js';

const [up, down] = ['sum(flow.bytes.toserver)', 'sum(flow.bytes.toclient)'];

/** Flows are told when they are over, and some seconds later where nothing says so. */
const settled = 15;

export default {
  id: 'throughput',
  title: 'Throughput',
  width: 'half',
  nothing: 'No flows ended',
  note: 'whole frames; a flow counts where it began, once it is told',
  async ask(view, signal) {
    const {rows, completeness} = await aggregate(
      {kind: 'flow', measure: [up, down], bucket: `${view.range.bucket}s`, ...view.time},
      signal,
    );
    return {rows, completeness: [completeness]};
  },
  isEmpty: ({rows}) => rows.length === 0,
  render: ({rows}, view) =>
    chart(
      'Throughput',
      [
        {name: 'to servers', values: perSecond(rows, up, view, settled)},
        {name: 'to clients', values: perSecond(rows, down, view, settled)},
      ],
      view,
      byteRate,
    ),
};
