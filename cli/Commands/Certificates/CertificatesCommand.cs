using System.CommandLine;
using NetSniff.Wire.Security;

namespace NetSniff.Cli.Commands.Certificates;

/// <summary>`netsniff certificates`: a private authority, for where no cluster makes one.</summary>
internal static class CertificatesCommand
{
    private const string About =
        """
        Make a private authority and certificates for sensors and workers, a folder for each, where nothing else does.
        The authority's own key is not kept: name everybody at once, or make all anew.

        Examples:
          netsniff certificates tls worker-0 worker-1 sensor-a
          netsniff certificates tls worker-0,10.0.0.7,worker-0.example.org sensor-a
          netsniff certificates tls worker-0 --sensor node-1 --sensor node-2
        """;

    private static readonly TimeSpan s_lifetime = TimeSpan.FromDays(365);

    public static Command Make(CommandRunner runner)
    {
        var folder = new Argument<string>("folder") { Description = "Where the folders are made." };
        var names = new Argument<string[]>("name")
        {
            Description = "Who gets one; other host names and addresses of the same behind commas.",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var sensors = new Option<string[]>("--sensor")
        {
            Description = "A sensor that gets one for its own spools alone: workers refuse it those of others. "
                + "May be given several times.",
            HelpName = "NAME",
        };
        var force = new Option<bool>("--force") { Description = "Make all anew where there are some already." };
        var command = new Command("certificates", About) { folder, names, sensors, force };
        runner.Set(command, (result, terminal, _) =>
        {
            var root = result.GetValue(folder)!;
            if (!result.GetValue(force) && Directory.Exists(root) && Directory.EnumerateFileSystemEntries(root).Any())
            {
                throw new UsageException(
                    $"{root} is not empty: certificates of a new authority would shut out those that are in use; "
                    + "another folder, or --force");
            }

            var bound = result.GetValue(sensors) ?? [];
            var all = result.GetValue(names)!.Select(static text => text.Split(',')).ToList();
            if (all.Count + bound.Length == 0) throw new UsageException("for whom? names, or sensors by --sensor");

            var folders = all.Select(static words => words[0]).Concat(bound).ToList();
            if (folders.Find(static name => !Wire.Ring.MemberText.IsName(name)) is { } odd)
            {
                throw new UsageException($"'{odd}' is no name for a folder");
            }

            if (folders.Distinct().Count() < folders.Count) throw new UsageException("one of the names is there twice");

            using var authority = Wire.Security.Certificates.NewAuthority(
                "netsniff", terminal.Clock.GetUtcNow(), s_lifetime);
            foreach (var words in all) authority.IssueTo(Path.Combine(root, words[0]), words[0], words.AsSpan(1));
            foreach (var name in bound) authority.IssueSensorTo(Path.Combine(root, name), name);
            terminal.Say($"made in {root}, good for a year: {string.Join(", ", folders)}");
            return ExitCode.Ok;
        });
        return command;
    }
}
