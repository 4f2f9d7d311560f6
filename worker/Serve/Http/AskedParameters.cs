using System.Globalization;
using Microsoft.AspNetCore.Http;
using NetSniff.Filters.Expression;
using NetSniff.Json;

namespace NetSniff.Worker.Serve.Http;

/// <summary>The parameters of a request, each of which must be known.</summary>
internal sealed class AskedParameters
{
    private const int ListedMax = 256;

    private readonly IQueryCollection _query;
    private readonly long _nowNanos;

    public AskedParameters(HttpRequest request, TimeProvider clock, params ReadOnlySpan<string> known)
    {
        _query = request.Query;
        _nowNanos = Timestamps.Nanos(clock.GetUtcNow());
        foreach (var name in _query.Keys)
        {
            if (known.Contains(name)) continue;

            throw Asking.Wrong($"no parameter '{Shown(name)}': there are {string.Join(", ", known!)}");
        }
    }

    public string Text(string name) => _query[name].ToString();

    public bool Flag(string name) => _query.ContainsKey(name) && Text(name) switch
    {
        "" or "1" or "true" => true,
        "0" or "false" => false,
        var text => throw Asking.Wrong($"{name} is true or false, not '{Shown(text)}'"),
    };

    public uint Count(string name)
    {
        var text = Text(name);
        if (text.Length == 0) return 0;

        return uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            ? count
            : throw Asking.Wrong($"{name} is a whole number, not '{Shown(text)}'");
    }

    public long Time(string name)
    {
        var text = Text(name);
        if (text.Length == 0) return 0;

        return Moment.TryParse(text, _nowNanos, out var nanos)
            ? nanos
            : throw Asking.Wrong($"{name} is a time such as {Moment.Examples}, not '{Shown(text)}'");
    }

    /// <summary>Nanoseconds.</summary>
    public long Length(string name)
    {
        var text = Text(name);
        if (text.Length == 0) return 0;

        return Moment.TryParseLength(text, out var nanos)
            ? nanos
            : throw Asking.Wrong($"{name} is a length of time such as 10s or 5m, not '{Shown(text)}'");
    }

    /// <summary>Given several times, or once with commas between.</summary>
    public IEnumerable<string> List(string name) => _query[name]
        .SelectMany(text => (text ?? "").Split(
            ',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        .Take(ListedMax + 1);

    private static string Shown(string text) => text.Length <= 64 ? text : text[..63] + "…";
}
