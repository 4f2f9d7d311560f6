namespace NetSniff.Worker.Serve.Cutting;

/// <summary>Puts the packets of several sensors in order of time, as they come.</summary>
/// <param name="silenceMax">Of the past a sensor tells at once; one that says nothing for so long is given up.</param>
internal sealed class PacketMerge(IReadOnlyList<PacketSource> sources, bool isFollowing, TimeSpan silenceMax)
{
    /// <summary>While one follows, a sensor that says nothing keeps the others' packets back no longer.</summary>
    private static readonly TimeSpan s_holdMax = TimeSpan.FromSeconds(2);

    /// <summary>Takes packets until all have ended, or enough is taken.</summary>
    /// <param name="take">Takes the source's next packet; false when that was the last that is wanted.</param>
    /// <param name="pause">Called once in a while, with whether nothing is there for the moment.</param>
    public async Task RunAsync(Func<PacketSource, bool> take, Func<bool, Task> pause, CancellationToken cancel)
    {
        var isHeld = false;
        while (true)
        {
            cancel.ThrowIfCancellationRequested();
            foreach (var source in sources) Fill(source, cancel);
            var first = First();
            if (first is null && sources.All(static source => source.Ended is not null)) return;

            var bound = isHeld ? long.MaxValue : BoundFor(first);
            if (first is not null && first.Packets.TimeNanos <= bound)
            {
                isHeld = false;
                if (!TakeRun(first, bound, take)) return;
                await pause(false).ConfigureAwait(false);
                continue;
            }

            await pause(true).ConfigureAwait(false);
            isHeld = !await WaitAsync(first is not null, cancel).ConfigureAwait(false);
        }
    }

    /// <summary>Reads on where there is no packet, as far as it goes without waiting.</summary>
    private static void Fill(PacketSource source, CancellationToken cancel)
    {
        do
        {
            if (source.HasPacket || source.Ended is not null) return;
            _ = source.NextAsync(cancel);
        }
        while (source.Take());
    }

    private PacketSource? First() =>
        sources.Where(static source => source.HasPacket).MinBy(static source => source.Packets.TimeNanos);

    /// <summary>Up to when nothing earlier can come from the others.</summary>
    private long BoundFor(PacketSource? first)
    {
        var bound = long.MaxValue;
        foreach (var source in sources)
        {
            if (source != first) bound = Math.Min(bound, source.NotBeforeNanos);
        }

        return bound;
    }

    private static bool TakeRun(PacketSource source, long bound, Func<PacketSource, bool> take)
    {
        while (source.HasPacket && source.Packets.TimeNanos <= bound)
        {
            var isMore = take(source);
            source.Packets.Advance();
            if (!isMore) return false;
        }

        return true;
    }

    /// <returns>False when nothing came for as long as packets may be held.</returns>
    private async Task<bool> WaitAsync(bool holdsSome, CancellationToken cancel)
    {
        var silent = sources.Where(static source => !source.HasPacket && source.Ended is null).ToList();
        var next = Task.WhenAny(silent.Select(source => source.NextAsync(cancel)));
        try
        {
            var longest = !isFollowing ? silenceMax : holdsSome ? s_holdMax : Timeout.InfiniteTimeSpan;
            await next.WaitAsync(longest, cancel).ConfigureAwait(false);
            return true;
        }
        catch (TimeoutException)
        {
            if (isFollowing) return false;

            foreach (var source in silent) source.GiveUp(Silence(silenceMax));
            return true;
        }
    }

    internal static string Silence(TimeSpan longest) =>
        FormattableString.Invariant($"no answer within {longest.TotalSeconds:0.#} s");
}
