using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Diagnostics.NETCore.Client;

namespace NetSniff.Wire.Health.Profiling;

/// <summary>`/debug/flamegraph?seconds=10&amp;format=svg|folded|speedscope&amp;by=perf|eventpipe`.</summary>
internal sealed class FlameGraphPage(HealthBoard board) : IDisposable
{
    private const string Svg = "svg", Folded = "folded", Speedscope = "speedscope";
    private const string Perf = "perf", EventPipe = "eventpipe";

    /// <summary>Says of an answer in any form how it came about.</summary>
    private const string AboutHeader = "X-Netsniff-Profile";

    private readonly CpuProfiler _profiler = new();

    public void Dispose() => _profiler.Dispose();

    public async Task AnswerAsync(HttpContext context)
    {
        var query = context.Request.Query;
        var format = query.TryGetValue("format", out var asked) ? asked.ToString() : Svg;
        var text = query.TryGetValue("seconds", out var length) ? length.ToString() : null;
        var seconds = CpuProfiler.SecondsDefault;
        var isNumber = text is null || int.TryParse(
            text, NumberStyles.None, CultureInfo.InvariantCulture, out seconds);
        var by = query.TryGetValue("by", out var way) ? way.ToString() : null;
        if (!isNumber || seconds is < 1 or > CpuProfiler.SecondsMax || format is not (Svg or Folded or Speedscope)
            || by is not (null or Perf or EventPipe))
        {
            await HealthPages.SayAsync(
                context, StatusCodes.Status400BadRequest,
                $"seconds is a whole number from 1 to {CpuProfiler.SecondsMax}, format is {Svg}, {Folded} or "
                + $"{Speedscope}, by is {Perf} or {EventPipe}").ConfigureAwait(false);
            return;
        }

        if (HttpMethods.IsHead(context.Request.Method)) return;

        ProfileSource? source = by switch
        {
            Perf => ProfileSource.Kernel,
            EventPipe => ProfileSource.Runtime,
            _ => null,
        };
        await RecordAsync(context, TimeSpan.FromSeconds(seconds), source, format).ConfigureAwait(false);
    }

    private async Task RecordAsync(HttpContext context, TimeSpan length, ProfileSource? source, string format)
    {
        try
        {
            var profile = await _profiler.RecordAsync(length, source, context.RequestAborted).ConfigureAwait(false);
            if (profile is null)
            {
                context.Response.Headers.RetryAfter = CpuProfiler.SecondsMax.ToString(CultureInfo.InvariantCulture);
                await HealthPages.SayAsync(
                    context, StatusCodes.Status429TooManyRequests,
                    "a profile is being recorded; one at a time, so that it shows the program and not its watchers")
                    .ConfigureAwait(false);
                return;
            }

            await WriteAsync(context, profile, format).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // Whoever asked went away; the recording has been ended.
        }
        catch (NotSupportedException problem)
        {
            await HealthPages.SayAsync(
                context, StatusCodes.Status503ServiceUnavailable, $"the kernel gives no samples: {problem.Message}")
                .ConfigureAwait(false);
        }
        catch (Exception problem) when (problem is DiagnosticsClientException or IOException or InvalidDataException
            or TimeoutException or OperationCanceledException)
        {
            await HealthPages.SayAsync(
                context, StatusCodes.Status503ServiceUnavailable,
                $"the runtime gave no profile: {problem.Message} (is DOTNET_EnableDiagnostics=0 set?)")
                .ConfigureAwait(false);
        }
    }

    private Task WriteAsync(HttpContext context, CpuProfile profile, string format)
    {
        var title = $"netsniff {board.Program} {board.Version}, process {Environment.ProcessId}";
        var (type, text) = format switch
        {
            Folded => ("text/plain; charset=utf-8", FlameText.Folded(profile)),
            Speedscope => ("application/json; charset=utf-8", FlameText.Speedscope(profile, title)),
            _ => ("image/svg+xml; charset=utf-8", FlameSvg.Write(profile, title)),
        };
        context.Response.Headers[AboutHeader] = FlameText.About(profile);
        // The picture runs its own script, and nothing from anywhere.
        context.Response.Headers.ContentSecurityPolicy =
            "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'";
        return HealthPages.WriteAsync(context, StatusCodes.Status200OK, type, text);
    }
}
