import {h, table} from '../dom.js';
import {records} from '../api.js';
import {inOneLine, kindNames} from '../exchanges.js';
import {endCell} from '../peers.js';
import {moment} from '../units.js';

const shownMax = 25;

export default {
  id: 'latest',
  title: 'Latest',
  nothing: 'No records of this kind',
  note: `the newest ${shownMax}; the time leads to all of its flow`,
  tools(view) {
    const select = h(
      'select',
      {id: 'kind', on: {change: () => view.go({kind: select.value})}},
      kindNames.map(name => h('option', {value: name, selected: name === view.kind}, name)),
    );
    view.heard.push(() => {
      select.value = view.kind;
    });
    return h('label', null, 'Kind ', select);
  },
  async ask(view, signal) {
    const {rows, completeness} = await records({kind: view.kind, last: shownMax, ...view.time}, signal);
    // That more is kept than was asked for is no lack.
    return {rows: rows.reverse(), completeness: [{...completeness, is_cut: false}]};
  },
  isEmpty: ({rows}) => rows.length === 0,
  render: ({rows}, view) =>
    table(
      'Latest records',
      [
        {
          title: 'Time',
          class: 'time',
          cell: ({row, index}) =>
            h(
              'a',
              {
                href: view.address({flow: row['flow.id'], node: row.node}),
                'data-key': `latest ${row['flow.id']} ${row.time} ${index}`,
                'aria-label': `${moment(row.time)}, details of flow ${row['flow.id']}`,
              },
              moment(row.time),
            ),
        },
        {title: 'Client', cell: ({row}) => endCell(row, 'src', view)},
        {title: 'Server', cell: ({row}) => endCell(row, 'dst', view)},
        {title: 'What', class: 'what', cell: ({said}) => said.what},
        {title: 'Result', class: 'result', cell: ({said}) => h('span', {class: said.tone}, said.result)},
        {title: 'Took', number: true, cell: ({said}) => said.took},
        {title: 'Bytes', number: true, cell: ({said}) => said.size},
      ],
      rows.map((row, index) => ({row, index, said: inOneLine(row)})),
    ),
};
