using System.Collections.Concurrent;
using NetSniff.Wire.Delivery;
using NetSniff.Wire.Ring;

namespace NetSniff.Sensor.Export;

/// <summary>Who takes which records now, shared by those who write batches and those who send them.</summary>
public sealed class Distribution
{
    /// <summary>Stands for a worker while none is known: what waits for it goes to the first that comes.</summary>
    public const string Nobody = "_";

    private static readonly RingTable s_nobody = RingTable.Of([new RingMember(Nobody, "")]);

    private readonly ConcurrentDictionary<string, Wakeup> _wakeups = new(StringComparer.Ordinal);
    private RingTable _table = s_nobody;

    /// <summary>Never empty. Another one whenever anything changes.</summary>
    public RingTable Table
    {
        get => Volatile.Read(ref _table);
        set => Volatile.Write(ref _table, value.IsEmpty ? s_nobody : value);
    }

    /// <summary>What wakes the sender to a worker.</summary>
    internal Wakeup WakeupOf(string worker) => _wakeups.GetOrAdd(worker, static _ => new Wakeup());
}
