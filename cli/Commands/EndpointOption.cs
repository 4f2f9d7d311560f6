using System.CommandLine;
using System.Globalization;
using System.Net;

namespace NetSniff.Cli.Commands;

/// <summary>An option that says where to listen: `127.0.0.1:9465`, `[::1]:9465`, or `:9465` for every address.</summary>
internal sealed class EndpointOption(string name, string about, IPEndPoint? otherwise)
{
    private const string Off = "off";

    public Option<string?> Option { get; } = new(name)
    {
        Description = $"{about} ({otherwise?.ToString() ?? Off}).",
        HelpName = "ADDRESS:PORT",
    };

    /// <returns>Null for `off`.</returns>
    /// <exception cref="UsageException">It is no address and port.</exception>
    public IPEndPoint? Read(ParseResult result, bool mayBeOff = false)
    {
        if (result.GetValue(Option) is not { } text) return otherwise;
        if (mayBeOff && text == Off) return null;

        var whole = text.StartsWith(':') ? IPAddress.Any + text : text;
        var hasPort = whole.LastIndexOf(':') > whole.LastIndexOf(']')
            && ushort.TryParse(whole.AsSpan(whole.LastIndexOf(':') + 1), NumberStyles.None, CultureInfo.InvariantCulture,
                out _);
        return hasPort && IPEndPoint.TryParse(whole, out var endpoint)
            ? endpoint
            : throw new UsageException($"{name} is ADDRESS:PORT{(mayBeOff ? " or off" : "")}, not '{text}'");
    }
}
