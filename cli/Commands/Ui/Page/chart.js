// Curves over time, drawn in a box that stretches; texts stand beside it, where they do not.
import {h} from './dom.js';
import {clock} from './units.js';

const width = 1000,
  height = 100;

/** Rows of an aggregate with buckets as a value a second in each bucket of the range, those without a row being 0.
 *  What is younger than `settled` seconds may not have been told yet. */
export function perSecond(rows, name, view, settled = 0) {
  const {bucket} = view.range;
  const now = Date.now();
  // The bucket that goes on is measured by what there is of it, unless that is too little to tell.
  const leastTold = bucket * (settled * 10 > bucket ? 1 : 0.4);
  const known = new Map(rows.map(row => [Date.parse(row.time), Number(row[name]) || 0]));
  const values = [];
  for (let time = view.from; time < now; time += bucket * 1000) {
    const seconds = (now - time) / 1000;
    if (seconds - settled < leastTold) break;
    values.push([time, (known.get(time) ?? 0) / Math.min(bucket, seconds)]);
  }
  return values;
}

function niceMax(value) {
  if (!(value > 0)) return 1;
  const ten = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map(step => step * ten).find(step => step >= value) ?? value;
}

/** series: [{name, values: [[time, value]…]}]; format makes texts of values. */
export function chart(label, series, view, format) {
  const from = view.from,
    to = Date.now(),
    withSeconds = view.range.seconds < 3600;
  const max = niceMax(Math.max(...series.flatMap(one => one.values.map(value => value[1]))));
  const x = time => (width * (time - from)) / (to - from),
    y = value => height - (height * value) / max;
  const points = series[0]?.values.map(value => value[0]) ?? [];
  const shapes = series.flatMap((one, index) => {
    const path = one.values
      .map(([time, value], at) => `${at ? 'L' : 'M'}${x(time).toFixed(1)} ${y(value).toFixed(2)}`)
      .join('');
    if (!path) return [];
    const end = x(one.values.at(-1)[0]).toFixed(1),
      begin = x(one.values[0][0]).toFixed(1);
    return [
      series.length <= 2 && h('path', {class: `fill c${index + 1}`, d: `${path}L${end} ${height}L${begin} ${height}Z`}),
      h('path', {class: `curve c${index + 1}`, d: path}),
    ];
  });
  const cross = h('span', {class: 'cross', hidden: true});
  const when = h('span', null);
  const values = series.map(() => h('b', null));
  const legend = h(
    'ul',
    {class: 'legend'},
    series.map((one, index) =>
      h('li', null, h('span', {class: `key c${index + 1}`, 'aria-hidden': 'true'}), one.name, ' ', values[index]),
    ),
    h('li', {class: 'quiet'}, when),
  );
  const say = at => {
    const isChosen = at >= 0;
    const shown = isChosen ? at : points.length - 1;
    series.forEach((one, index) => {
      values[index].textContent = format(one.values[shown]?.[1] ?? 0);
    });
    when.textContent = points.length === 0 ? '' : `${isChosen ? 'at' : 'latest,'} ${clock(points[shown], withSeconds)}`;
    cross.hidden = !isChosen;
    if (isChosen) cross.style.setProperty('left', `${(100 * (points[shown] - from)) / (to - from)}%`);
  };
  let chosen = -1;
  const choose = at => {
    chosen = Math.max(-1, Math.min(points.length - 1, at));
    say(chosen);
  };
  const peak = series
    .map(one => `${one.name} up to ${format(Math.max(0, ...one.values.map(value => value[1])))}`)
    .join(', ');
  const plot = h(
    'div',
    {
      class: 'plot',
      tabindex: 0,
      role: 'img',
      'data-key': `chart ${label}`,
      'aria-label': `${label} over ${view.range.words}: ${peak}. Arrow keys read single values.`,
      on: {
        pointermove: event => {
          const box = plot.getBoundingClientRect();
          const time = from + ((to - from) * (event.clientX - box.left)) / box.width;
          choose(
            points.reduce((best, one, at) => (Math.abs(one - time) < Math.abs(points[best] - time) ? at : best), 0),
          );
        },
        pointerleave: () => choose(-1),
        keydown: event => {
          const step = {ArrowLeft: -1, ArrowRight: 1}[event.key];
          if (step) {
            choose((chosen < 0 ? points.length - 1 : chosen) + step);
            legend.setAttribute('aria-live', 'polite');
          } else if (event.key === 'Escape') choose(-1);
          else return;
          event.preventDefault();
        },
        blur: () => choose(-1),
      },
    },
    h(
      'svg',
      {viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: 'none', 'aria-hidden': 'true'},
      [0.25, 0.5, 0.75].map(part => h('line', {class: 'grid', x1: 0, x2: width, y1: height * part, y2: height * part})),
      shapes,
    ),
    cross,
  );
  choose(-1);
  return [
    legend,
    h(
      'figure',
      {class: 'chart'},
      h(
        'div',
        {class: 'scale', 'aria-hidden': 'true'},
        h('span', null, format(max)),
        h('span', null, format(max / 2)),
        h('span', null, '0'),
      ),
      plot,
      h(
        'div',
        {class: 'times', 'aria-hidden': 'true'},
        [0, 0.5, 1].map(part => h('span', null, clock(from + part * (to - from), withSeconds))),
      ),
    ),
  ];
}
