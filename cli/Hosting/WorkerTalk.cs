using NetSniff.Wire.Ring;

namespace NetSniff.Cli.Hosting;

/// <summary>Tells when a worker goes and when it comes back: one line each, and no more than one in a while of the same
/// worker, so that one that comes and goes does not fill a log.</summary>
internal sealed class WorkerTalk(TimeProvider clock)
{
    /// <summary>A line of one worker is followed by the next of it no sooner.</summary>
    public static readonly TimeSpan QuietMin = TimeSpan.FromSeconds(30);

    /// <summary>Workers remembered; further ones are not told of.</summary>
    private const int WorkersMax = 1024;

    private readonly Dictionary<string, Told> _told = new(StringComparer.Ordinal);

    /// <param name="now">Of the clock's timestamps.</param>
    /// <returns>Lines to say.</returns>
    public List<(string Line, bool IsTrouble)> Hear(
        IEnumerable<(RingMember Member, bool IsUp, string? Problem)> workers, long now)
    {
        List<(string, bool)> lines = [];
        foreach (var (member, isUp, problem) in workers)
        {
            if (!_told.TryGetValue(member.Name, out var told))
            {
                if (_told.Count >= WorkersMax) continue;
                _told[member.Name] = told = new Told();
            }

            told.HasBeenUp |= isUp;
            // Connecting at the start is no news; that it cannot be reached is.
            if (isUp == told.IsUp || (!isUp && problem is null && !told.HasBeenUp)) continue;
            if (told.At is { } at && clock.GetElapsedTime(at, now) < QuietMin) continue;

            var why = problem is null ? "" : $": {problem}";
            lines.Add(isUp
                ? ($"worker {member.Name} is back; what waited in the spool is being sent", false)
                : ($"worker {member.Name} at {member.Address} is away{why}; records wait in the spool", true));
            (told.IsUp, told.At) = (isUp, now);
        }

        return lines;
    }

    /// <summary>What was said of a worker last; at first it is expected to be there.</summary>
    private sealed class Told
    {
        public bool IsUp { get; set; } = true;

        public long? At { get; set; }

        public bool HasBeenUp { get; set; }
    }
}
