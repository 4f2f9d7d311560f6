using System.Globalization;
using System.Text;

namespace NetSniff.Cli.Commands.Demo;

/// <summary>The plan as commands for a POSIX shell, in the words that `scene.sh` defines.</summary>
/// <param name="has">Whether a program is installed.</param>
internal sealed class ShopScript(Func<string, bool> has)
{
    /// <summary>Ends a file written into the shell's input; no line of ours looks like it.</summary>
    private const string EndOfFile = "END-OF-FILE";

    /// <summary>Servers left out because their program is not installed.</summary>
    public IReadOnlyList<ShopHost> Missing { get; } =
        [.. ShopPlan.Hosts.Where(host => host.Server is { } server && !has(server.Program))];

    /// <summary>Programs of customers that are not installed: their part of the story is left out.</summary>
    public IReadOnlyList<string> MissingPrograms { get; } =
        [.. ShopPlan.Steps.Select(step => step.Program).Distinct().Where(program => !has(program))];

    /// <summary>Builds the network and starts the servers: answers `shell PROCESS`, `built`, `up NAME` or `down NAME`
    /// for each, `ready`; or `failed WHY`.</summary>
    public string Opening()
    {
        var script = new StringBuilder();
        // Our own process as the machine numbers it: /proc is still the machine's.
        script.Append("read -r process rest </proc/self/stat; echo \"shell $process\"\n");
        script.Append(ShopFiles.Read("scene.sh"));
        script.Append(CultureInfo.InvariantCulture, $"resolve_by {ShopPlan.Network}.2\n");
        script.Append(CultureInfo.InvariantCulture, $"ip link add {ShopPlan.Bridge} type bridge || fail 'to make a bridge'\n");
        script.Append(CultureInfo.InvariantCulture, $"ip link set {ShopPlan.Bridge} addrgenmode none\n");
        script.Append(CultureInfo.InvariantCulture, $"ip link set {ShopPlan.Bridge} up\n");
        foreach (var host in ShopPlan.Hosts)
        {
            script.Append(CultureInfo.InvariantCulture, $"host {host.Name} {host.Address}/{ShopPlan.PrefixLength}\n");
        }

        script.Append("echo built\nstock\n");
        AppendFile(script, "hosts", HostsFile());
        if (has("openssl")) AppendFile(script, "tls.conf", ShopFiles.Read("tls.conf"), "certify && ");
        AppendServers(script);
        return script.Append("echo ready\n").ToString();
    }

    /// <summary>The customers, over and over.</summary>
    public string Story()
    {
        var script = new StringBuilder("round() {\n");
        foreach (var step in ShopPlan.Steps.Where(step => !MissingPrograms.Contains(step.Program)))
        {
            script.Append(
                CultureInfo.InvariantCulture, $"    (sleep {step.At:0.0}; on {step.Host} {Quoted(step.Command)}) &\n");
        }

        script.Append(CultureInfo.InvariantCulture, $"    sleep {ShopPlan.RoundSeconds}\n}}\n");
        return script.Append("(while :; do round; done) &\n").ToString();
    }

    private static string HostsFile() =>
        string.Concat(ShopPlan.Hosts.Select(host => $"{host.Address} {host.Name}.{ShopPlan.Domain}\n"));

    // A question mark would be a pattern to the shell.
    private static string Quoted(string command) => command.Replace("?", "\\?", StringComparison.Ordinal);

    private static void AppendFile(StringBuilder script, string name, string text, string condition = "")
    {
        script.Append(CultureInfo.InvariantCulture, $"{condition}cat >/run/shop/{name} <<'{EndOfFile}'\n");
        script.Append(text).Append(EndOfFile).Append('\n');
    }

    private void AppendServers(StringBuilder script)
    {
        var opening = ShopPlan.Hosts.Where(host => host.Server is not null && !Missing.Contains(host)).ToList();
        foreach (var host in opening)
        {
            foreach (var file in host.Server!.Files) AppendFile(script, file, ShopFiles.Read(file));
            script.Append(CultureInfo.InvariantCulture, $"on {host.Name} {host.Server.Command} &\n");
            script.Append(CultureInfo.InvariantCulture, $"{host.Name}=$!\n");
        }

        // All are started before the first is waited for.
        foreach (var host in opening)
        {
            script.Append(CultureInfo.InvariantCulture, $"await {host.Name} ${host.Name} {host.Server!.Port}\n");
        }
    }
}
