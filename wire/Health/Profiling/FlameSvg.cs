using System.Globalization;
using System.Net;
using System.Text;

namespace NetSniff.Wire.Health.Profiling;

/// <summary>Draws a profile as one picture that needs nothing else: click to zoom, type to search, point to read.
/// </summary>
/// <remarks>Each frame is an svg of its own inside the picture, placed in percent: it clips its name by itself, and
/// zooming is a matter of two numbers.</remarks>
internal static class FlameSvg
{
    private const int RowHeight = 18;
    private const int HeadHeight = 80;
    private const int FootHeight = 30;

    /// <summary>Narrower frames are not drawn; their time is in the one below.</summary>
    private const double ShareMin = 0.0003;

    private const int FramesMax = 20_000;

    public static string Write(CpuProfile profile, string title)
    {
        var shown = Frames(profile.Root);
        var height = HeadHeight + FootHeight + RowHeight * (1 + (shown.Count == 0 ? 0 : shown.Max(frame => frame.Row)));
        var text = new StringBuilder(256 * 1024);
        text.Append(CultureInfo.InvariantCulture, $"""
            <?xml version="1.0" encoding="UTF-8"?>
            <svg xmlns="http://www.w3.org/2000/svg" width="100%" height="{height}" font-family="ui-monospace, Menlo,
              Consolas, monospace" font-size="12">
            <style>{Style}</style>
            <rect width="100%" height="100%" class="page"/>
            <text x="12" y="24" class="title">{Escape(title)}</text>
            <text x="12" y="44" class="dim">{Escape(Subtitle(profile))}</text>
            <text x="12" y="60" class="dim">{Escape(FlameText.About(profile))}</text>
            <text id="reset" x="100%" dx="-150" y="24" class="button hidden">zoom out</text>
            <text id="search" x="100%" dx="-70" y="24" class="button">search</text>
            <text id="found" x="100%" dx="-12" y="44" text-anchor="end" class="dim"></text>
            <g id="frames">

            """);
        foreach (var frame in shown) WriteFrame(text, frame, height, profile.Root.Micros);
        text.Append(CultureInfo.InvariantCulture, $"""
            </g>
            <text id="detail" x="12" y="{height - 10}" class="dim">
              point at a frame; click zooms, / or ctrl-F searches, esc goes back</text>
            <script><![CDATA[{Script}]]></script>
            </svg>

            """);
        return text.ToString();
    }

    private static string Subtitle(CpuProfile profile) => string.Create(
        CultureInfo.InvariantCulture,
        $"{profile.Cpu.TotalSeconds:0.00} s of CPU in {profile.Passed.TotalSeconds:0.0} s; "
        + $"making this took {profile.Cost.TotalMilliseconds:0} ms of CPU. Width is CPU time.");

    private sealed record Placed(FlameNode Node, double Start, int Row);

    /// <summary>The frames to draw, outer before inner.</summary>
    private static List<Placed> Frames(FlameNode root)
    {
        List<Placed> shown = [];
        if (root.Micros > 0) Place(root, 0, 0);
        return shown;

        void Place(FlameNode node, double start, int row)
        {
            if (node.Micros < ShareMin * root.Micros || shown.Count >= FramesMax) return;

            shown.Add(new Placed(node, start, row));
            foreach (var child in node.Children)
            {
                Place(child, start, row + 1);
                start += child.Micros;
            }
        }
    }

    private static void WriteFrame(StringBuilder text, Placed frame, int height, double all)
    {
        var (node, start, row) = frame;
        var y = height - FootHeight - RowHeight * (row + 1);
        var (x, width) = (100 * start / all, 100 * node.Micros / all);
        var name = Escape(node.Name);
        text.Append(CultureInfo.InvariantCulture, $"<svg class=\"f\" x=\"{x:0.####}%\" y=\"{y}\" ");
        text.Append(CultureInfo.InvariantCulture, $"width=\"{width:0.####}%\" height=\"{RowHeight - 1}\" ");
        text.Append(CultureInfo.InvariantCulture, $"data-us=\"{node.Micros:0}\" data-own=\"{node.OwnMicros:0}\">");
        text.Append("<title>").Append(name).Append("</title><rect width=\"100%\" height=\"100%\" rx=\"2\" fill=\"")
            .Append(Colour(node.Name)).Append("\"/><text x=\"4\" y=\"13\">").Append(name).Append("</text></svg>\n");
    }

    /// <summary>Ours green, the framework blue, native grey, threads sand; shades by name, the same in every picture.
    /// </summary>
    private static string Colour(string name)
    {
        var shade = 0u;
        foreach (var letter in name) shade = shade * 31 + letter;
        var light = 62 + shade % 14;
        var (hue, saturation) = name switch
        {
            _ when name.StartsWith("NetSniff.", StringComparison.Ordinal) => (140, 45),
            _ when name.StartsWith('[') || name.EndsWith(']') => (0, 0),
            _ when name.StartsWith("thread ", StringComparison.Ordinal) || name == "all" => (40, 50),
            _ => (210, 50),
        };
        return $"hsl({hue + shade / 16 % 20},{saturation}%,{light}%)";
    }

    private static string Escape(string text) => WebUtility.HtmlEncode(
        new string([.. text.Select(letter => letter < ' ' || char.IsSurrogate(letter) ? '?' : letter)]));

    private const string Style = """
        .page{fill:#fff}.title{font-size:16px;font-weight:600;fill:#1b1f24}.dim{fill:#57606a}
        .f{cursor:pointer;overflow:hidden}.f text{fill:#1b1f24;pointer-events:none}.f rect{stroke:#fff;stroke-width:.5}
        .f:hover rect{stroke:#1b1f24;stroke-width:1.5}.f.above{opacity:.55}.f.hit rect{fill:#d63aff}
        .button{cursor:pointer;fill:#0969da}.hidden{display:none}
        @media (prefers-color-scheme:dark){.page{fill:#0d1117}.title{fill:#e6edf3}.dim{fill:#8b949e}
        .button{fill:#58a6ff}.f rect{stroke:#0d1117}.f:hover rect{stroke:#fff}}
        """;

    private const string Script = """

        (function () {
          'use strict';
          var frames = Array.prototype.slice.call(document.querySelectorAll('.f')).map(function (node) {
            return {
              node: node, start: parseFloat(node.getAttribute('x')), width: parseFloat(node.getAttribute('width')),
              row: -parseFloat(node.getAttribute('y')), us: +node.dataset.us, own: +node.dataset.own,
              name: node.querySelector('title').textContent
            };
          });
          if (frames.length === 0) return;
          var all = frames[0].us, zoomed = frames[0], slack = 1e-3, term = null;
          var byId = function (id) { return document.getElementById(id); };
          var time = function (us) {
            return us >= 1e6 ? (us / 1e6).toFixed(2) + ' s' : us >= 1e3 ? (us / 1e3).toFixed(1) + ' ms' : us + ' us';
          };
          var share = function (us, of) { return (100 * us / of).toFixed(1) + ' %'; };

          function zoom(target) {
            zoomed = target;
            var left = target.start, scale = 100 / target.width;
            frames.forEach(function (frame) {
              var start = (frame.start - left) * scale, end = start + frame.width * scale;
              var isBelow = frame.row <= target.row && start <= slack && end >= 100 - slack;
              frame.node.classList.toggle('above', isBelow && frame !== target && target !== frames[0]);
              frame.node.classList.toggle('hidden', end <= slack || start >= 100 - slack);
              frame.node.setAttribute('x', (isBelow ? 0 : start) + '%');
              frame.node.setAttribute('width', (isBelow ? 100 : Math.max(0, end - start)) + '%');
            });
            byId('reset').classList.toggle('hidden', target === frames[0]);
            if (term) find(term);
          }

          function find(text) {
            term = text;
            var expression = null;
            try { expression = text ? new RegExp(text, 'i') : null; } catch (problem) {
              byId('found').textContent = 'not an expression: ' + text;
              return;
            }
            var until = -1, sum = 0;
            frames.forEach(function (frame) {
              var isHit = expression !== null && expression.test(frame.name);
              frame.node.classList.toggle('hit', isHit);
              // Outer before inner, left before right: a hit inside another is counted with it.
              if (!isHit || frame.start + frame.width <= until + 1e-9) return;
              until = frame.start + frame.width;
              sum += frame.us;
            });
            byId('found').textContent = text ? text + ': ' + time(sum) + ', ' + share(sum, all) : '';
          }

          function ask() {
            var text = window.prompt('search frames (an expression; nothing ends it)', term || '');
            if (text !== null) find(text);
          }

          frames.forEach(function (frame) {
            frame.node.addEventListener('click', function () { zoom(frame); });
            frame.node.addEventListener('mouseenter', function () {
              byId('detail').textContent = frame.name + ': ' + time(frame.us) + ', ' + share(frame.us, all) + ' of all'
                + (zoomed === frames[0] ? '' : ', ' + share(frame.us, zoomed.us) + ' of what is shown')
                + (frame.own > 0 ? '; in itself ' + time(frame.own) : '');
            });
          });
          byId('reset').addEventListener('click', function () { zoom(frames[0]); });
          byId('search').addEventListener('click', ask);
          window.addEventListener('keydown', function (key) {
            if (key.key === '/' || (key.key === 'f' && (key.ctrlKey || key.metaKey))) {
              key.preventDefault();
              ask();
            } else if (key.key === 'Escape') {
              find('');
              zoom(frames[0]);
            }
          });
        }());

        """;
}
