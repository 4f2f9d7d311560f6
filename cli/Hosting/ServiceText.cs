using System.Text.RegularExpressions;
using NetSniff.Cli.Commands;

namespace NetSniff.Cli.Hosting;

/// <summary>A service as an option names it: `NAMESPACE/NAME` or `NAMESPACE/NAME:PORT`.</summary>
internal sealed partial record ServiceText(string Namespace, string Name, string Port)
{
    /// <param name="port">Name of the port that is meant where the text says none.</param>
    /// <exception cref="UsageException">It is no such text.</exception>
    public static ServiceText Parse(string option, string text, string port)
    {
        var match = Form().Match(text);
        if (!match.Success)
        {
            throw new UsageException($"{option} is NAMESPACE/NAME or NAMESPACE/NAME:PORT, not '{text}'");
        }

        var named = match.Groups["port"];
        return new ServiceText(
            match.Groups["namespace"].Value, match.Groups["name"].Value, named.Success ? named.Value : port);
    }

    public override string ToString() => $"{Namespace}/{Name}:{Port}";

    // What the API allows as names, RFC 1123 and RFC 1035.
    [GeneratedRegex(
        "^(?<namespace>[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)/(?<name>[a-z]([-a-z0-9]{0,61}[a-z0-9])?)"
        + "(:(?<port>[-a-z0-9]{1,63}))?$")]
    private static partial Regex Form();
}
