import {h} from '../dom.js';
import {aggregate, records} from '../api.js';
import {count, moment} from '../units.js';

const shownMax = 6;
const tones = {5: 'bad', 4: 'bad', 3: 'warn'};

export default {
  id: 'findings',
  title: 'Findings',
  width: 'third',
  nothing: 'No rule found anything',
  async ask(view, signal) {
    const [newest, totals] = await Promise.all([
      records({kind: 'finding', last: shownMax, ...view.time}, signal),
      aggregate({kind: 'finding', by: ['finding.severity_name'], ...view.time}, signal),
    ]);
    return {
      newest: newest.rows.reverse(),
      totals: totals.rows,
      completeness: [newest.completeness, totals.completeness],
    };
  },
  isEmpty: ({newest}) => newest.length === 0,
  render({newest, totals}, view) {
    return [
      h(
        'p',
        {class: 'quiet'},
        `${totals.map(row => `${count(row.count)} ${row['finding.severity_name']}`).join(', ')}; the newest:`,
      ),
      h(
        'ul',
        {class: 'findings'},
        newest.map(row =>
          h(
            'li',
            null,
            h('span', {class: `badge ${tones[row['finding.severity']] ?? ''}`}, row['finding.severity_name']),
            h(
              'a',
              {
                class: 'name',
                href: view.address({flow: row['flow.id'], node: row.node}),
                'data-key': `finding ${row['finding.id']}`,
              },
              row['finding.title'] || row['finding.rule'],
            ),
            h('span', {class: 'under'}, [
              moment(row.time),
              ' · ',
              row['finding.rule'],
              row['finding.mode'] === 'shadow' && ' (being tried)',
            ]),
          ),
        ),
      ),
    ];
  },
};
