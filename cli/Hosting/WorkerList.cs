using NetSniff.Cli.Commands;
using NetSniff.Wire.Ring;

namespace NetSniff.Cli.Hosting;

/// <summary>How a command line may say who the workers are: in one of three ways.</summary>
/// <param name="Text">`NAME=HOST:PORT,…`.</param>
/// <param name="File">The same in a file that may change.</param>
/// <param name="Service">`NAMESPACE/NAME` of the service they are behind.</param>
internal sealed record WorkersChoice(string? Text = null, string? File = null, string? Service = null)
{
    public bool IsNone => this is { Text: null, File: null, Service: null };
}

/// <summary>The workers that an option, a file or a service names.</summary>
internal static class WorkerList
{
    public const string IngestPort = "ingest";
    public const string QueryPort = "query";

    /// <param name="port">Name of the service's port.</param>
    /// <returns>Null where nothing is given. Where it is disposable, it is the caller's to dispose of.</returns>
    /// <exception cref="UsageException">The text is no list, or more than one is given.</exception>
    public static IMembership? Of(WorkersChoice choice, ClusterSettings? cluster, string port, TimeProvider clock)
    {
        if (choice.IsNone) return null;
        if (new[] { choice.Text, choice.File, choice.Service }.Count(static one => one is not null) > 1)
        {
            throw new UsageException(
                "--workers, --workers-file and --workers-service say the same thing: give one of them");
        }

        if (choice.File is not null) return new MembersFile(choice.File, clock);
        if (choice.Service is { } service)
        {
            return new ServiceMembers(
                ServiceText.Parse("--workers-service", service, port), (cluster ?? new(null, null)).Open(), clock);
        }

        var members = MemberText.Parse(choice.Text!, out var problem)
            ?? throw new UsageException($"--workers: {problem}");
        return members.Count > 0 ? new FixedMembers(members) : throw new UsageException("--workers names nobody");
    }
}
