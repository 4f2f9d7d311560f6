using NetSniff.Cli.Commands;
using NetSniff.Wire.Ring;

namespace NetSniff.Cli.Hosting;

/// <summary>The workers that an option or a file names.</summary>
internal static class WorkerList
{
    /// <returns>Null where neither is given.</returns>
    /// <exception cref="UsageException">The text is no list.</exception>
    public static IMembership? Of(string? text, string? file, TimeProvider clock)
    {
        if (text is not null && file is not null)
        {
            throw new UsageException("--workers and --workers-file say the same thing: give one of them");
        }

        if (file is not null) return new MembersFile(file, clock);
        if (text is null) return null;

        var members = MemberText.Parse(text, out var problem)
            ?? throw new UsageException($"--workers: {problem}");
        return members.Count > 0 ? new FixedMembers(members) : throw new UsageException("--workers names nobody");
    }
}
