import {h} from '../dom.js';
import {aggregate, status} from '../api.js';
import {count} from '../units.js';

const namedMax = 4;

const isLoss = line => line.is_loss && Number(line.count) > 0;

/** Who answers, and what is missing. Who may not see all learns at least of the workers that answered them. */
export default {
  id: 'completeness',
  title: 'Completeness',
  nothing: 'Nothing is known',
  isAboutLosses: true,
  async ask(view, signal) {
    try {
      const answer = await status(signal);
      return {...answer, completeness: [answer.completeness]};
    } catch (problem) {
      if (problem.kind !== 'rights') throw problem;
      const {completeness} = await aggregate({kind: 'flow', since: view.time.since, top: 1}, signal);
      return {completeness: [completeness], why: problem.message};
    }
  },
  isEmpty: () => false,
  render({workers, sensors, completeness: [whole], why}) {
    const absent = whole.absent ?? [],
      all = Number(whole.workers);
    const parts = [
      h(
        'span',
        null,
        h('strong', {class: absent.length ? 'bad' : 'good'}, `${all - absent.length} of ${all} workers`),
        all === 1 ? ' answers' : ' answer',
      ),
    ];
    if (sensors) {
      const away = sensors.filter(sensor => !sensor.is_connected);
      parts.push(
        h(
          'span',
          null,
          h(
            'strong',
            {class: away.length || !sensors.length ? 'bad' : 'good'},
            `${sensors.length - away.length} of ${sensors.length} sensors`,
          ),
          ' connected',
        ),
      );
      const reduced = sensors.filter(sensor => sensor.rung && sensor.rung !== 'full');
      if (reduced.length)
        parts.push(
          h(
            'span',
            {class: 'warn'},
            `${reduced.length} read less than all: ${names(reduced, one => `${one.node} (${one.rung})`)}`,
          ),
        );
      if (away.length)
        parts.push(h('span', {class: 'bad'}, `not connected: ${names(away, one => one.node || one.sensor)}`));
    } else {
      parts.push(h('span', {class: 'quiet', title: why}, 'Sensors and losses: needs cluster-wide rights'));
    }
    if (absent.length)
      parts.push(
        h(
          'span',
          {class: 'bad'},
          names(absent, one => `${one.worker}: ${one.why}`),
        ),
      );
    const losses = sensors ? lost(workers, sensors) : (whole.losses ?? []).filter(isLoss);
    if (sensors && !losses.length) parts.push(h('span', {class: 'good'}, 'nothing lost'));
    return [
      h('p', {class: 'line'}, parts),
      losses.length > 0 &&
        h(
          'details',
          null,
          h(
            'summary',
            {class: 'warn', 'data-key': 'losses'},
            'Lost or not read since the start: ',
            count(losses.length),
            losses.length === 1 ? ' place' : ' places',
          ),
          h(
            'ul',
            {class: 'losses'},
            losses.map(line => h('li', null, `${line.stage}, ${line.what}: ${count(Number(line.count))}`)),
          ),
        ),
    ];
  },
};

/** Every loss by where it was. */
function lost(workers, sensors) {
  const of = (name, lines) => (lines ?? []).filter(isLoss).map(line => ({...line, stage: `${name} ${line.stage}`}));
  return [
    ...workers.flatMap(one => of(one.name, one.ledger)),
    ...sensors.flatMap(one => of(one.node || one.sensor, one.ledger)),
  ].sort((one, other) => Number(other.count) - Number(one.count));
}

function names(all, say) {
  const more = all.length > namedMax ? ` and ${all.length - namedMax} more` : '';
  return all.slice(0, namedMax).map(say).join(', ') + more;
}
