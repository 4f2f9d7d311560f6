using NetSniff.Json;
using NetSniff.Packets;
using NetSniff.Pcap;
using NetSniff.Protocols;
using NetSniff.Storage.PacketRing;

namespace NetSniff.Sensor.Keeping;

/// <summary>Keeps the packets of one capture. The capture's own thread opens the ring, writes it and closes it, so that
/// nothing is locked; a plan may be set by any.</summary>
public sealed class PacketKeeper : IDisposable
{
    /// <summary>ARP over Ethernet, with a VLAN tag: it has no payload, and who has which address is worth knowing.
    /// </summary>
    private const int ArpBytesMax = 46;
    private const ushort Arp = 0x0806;

    private static readonly TimeSpan s_tryAgain = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_expireEvery = TimeSpan.FromSeconds(5);

    /// <summary>What is ciphertext from its first application byte on. Its handshakes are not, and hold no secret.
    /// </summary>
    private static readonly bool[] s_isCiphertext = Ciphertext("tls", "dtls", "quic", "ssh");

    private readonly KeptFolder _folder;
    private readonly Func<IReadOnlyList<CaptureInterface>> _interfaces;
    private readonly TimeProvider _clock;
    private PacketPlan? _wanted = PacketPlan.Off;
    private PacketPlan? _plan;
    private PacketRing? _ring;
    private Packet _packet;
    private ulong[] _own = [];
    private RingCounts _before;
    private int _named;
    private long _triedAt;
    private long _expiredAt;

    /// <param name="interfaces">Where the capture's frames come from; may grow.</param>
    internal PacketKeeper(KeptFolder folder, Func<IReadOnlyList<CaptureInterface>> interfaces, TimeProvider clock)
    {
        (_folder, _interfaces, _clock) = (folder, interfaces, clock);
        _expiredAt = clock.GetTimestamp();
    }

    /// <summary>Null while there is none.</summary>
    public PacketRing? Ring => Volatile.Read(ref _ring);

    /// <summary>Why nothing is kept though it should be; null while all is well.</summary>
    public string? Problem { get; private set; }

    /// <summary>Put in force by the capture's thread, within a tenth of a second.</summary>
    internal PacketPlan Plan
    {
        set => Volatile.Write(ref _wanted, value);
    }

    /// <summary>Whether packets grow old by the clock.</summary>
    internal bool IsLive { get; init; } = true;

    /// <summary>Hashes of our own connections.</summary>
    internal ulong[] Own
    {
        set => Volatile.Write(ref _own, value);
    }

    internal KeeperCounters Counters { get; } = new();

    /// <summary>What the rings of this run counted.</summary>
    internal RingCounts Counts => Ring is { } ring ? Sum(_before, ring.Counts) : _before;

    /// <summary>Takes a batch that a shard has worked through.</summary>
    /// <param name="apps">What the flow of each frame speaks.</param>
    internal void Take(ReadOnlySpan<Frame> frames, ReadOnlySpan<ushort> apps)
    {
        Tick();
        if (_plan is not { IsOn: true } plan) return;

        Counters.Offered += frames.Length;
        if (_ring is not { } ring)
        {
            Counters.Failed += frames.Length;
            return;
        }

        var index = 0;
        try
        {
            var isKept = true;
            for (; index < frames.Length; index++)
            {
                isKept &= Take(ring, plan.Depth, in frames[index], apps[index]);
            }

            Problem = isKept ? null : "no room on disk";
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            // The one at which it failed, and the rest of the batch.
            Counters.Failed += frames.Length - index;
            Fail(problem);
        }
    }

    /// <summary>Looks whether anything else is wanted by now. Called often, packets or not.</summary>
    internal void Tick()
    {
        var wanted = Volatile.Read(ref _wanted);
        if (!ReferenceEquals(wanted, _plan)) Follow(wanted!);
        if (_ring is null)
        {
            if (_plan is { IsOn: true } && _clock.GetElapsedTime(_triedAt) >= s_tryAgain) Open(_plan);
            return;
        }

        if (_interfaces().Count != _named) NameInterfaces();
        if (!IsLive || _clock.GetElapsedTime(_expiredAt) < s_expireEvery) return;

        _expiredAt = _clock.GetTimestamp();
        var now = Timestamps.Nanos(_clock.GetUtcNow());
        _ring.Expire(now);
    }

    public void Dispose() => Close();

    /// <returns>False when there was no room.</returns>
    private bool Take(PacketRing ring, KeptDepth depth, in Frame frame, ushort app)
    {
        if (app == Apps.Untargeted)
        {
            Counters.Untargeted++;
            return true;
        }

        PacketDecoder.Decode(in frame, ref _packet);
        if (_own.AsSpan().Contains(_packet.Hash))
        {
            Counters.Own++;
            return true;
        }

        var captured = frame.CapturedLength;
        var isWhole = depth == KeptDepth.Everything
            || (depth == KeptDepth.Ciphertext && app < s_isCiphertext.Length && s_isCiphertext[app]);
        var kept = isWhole ? captured : Math.Min(captured, HeaderBytes(in _packet));
        if (kept == 0)
        {
            Counters.LeftOut++;
            return true;
        }

        if (kept < captured) Counters.WithoutPayload++;
        return ring.Append(frame with { CapturedLength = kept }, _packet.Status == DecodeStatus.Ok ? _packet.Hash : 0);
    }

    /// <summary>Bytes in front of the payload; 0 where nobody knows where that begins.</summary>
    private static int HeaderBytes(in Packet packet) => packet.Status switch
    {
        DecodeStatus.Ok => packet.PayloadOffset,
        DecodeStatus.NotIp when packet.EtherType == Arp => ArpBytesMax,
        _ => 0,
    };

    private void Follow(PacketPlan wanted)
    {
        Close();
        _plan = wanted;
        Problem = null;
        if (wanted.IsOn) Open(wanted);
        else Forget();
    }

    private void Open(PacketPlan plan)
    {
        _triedAt = _clock.GetTimestamp();
        try
        {
            Volatile.Write(ref _ring, _folder.Open(plan));
            Problem = null;
            NameInterfaces();
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            Fail(problem);
        }
    }

    private void NameInterfaces()
    {
        var interfaces = _interfaces();
        _ring!.NameInterfaces(interfaces);
        _named = interfaces.Count;
    }

    private void Forget()
    {
        try
        {
            _folder.Delete();
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            Problem = problem.Message;
        }
    }

    private void Fail(Exception problem)
    {
        Close();
        Problem = problem.Message;
        _triedAt = _clock.GetTimestamp();
    }

    private void Close()
    {
        if (_ring is not { } ring) return;

        Volatile.Write(ref _ring, null);
        _before = Sum(_before, ring.Counts) with { BytesOnDisk = 0, OldestNanos = 0 };
        ring.Dispose();
    }

    private static RingCounts Sum(RingCounts left, RingCounts right) => new(
        left.Packets + right.Packets, left.Bytes + right.Bytes, left.PacketsCut + right.PacketsCut,
        left.PacketsRefused + right.PacketsRefused, left.PacketsOverwritten + right.PacketsOverwritten,
        left.PacketsAged + right.PacketsAged, right.BytesOnDisk, right.OldestNanos);

    private static bool[] Ciphertext(params string[] names)
    {
        var places = names.Select(Apps.Add).ToList();
        var isCiphertext = new bool[places.Max() + 1];
        foreach (var place in places) isCiphertext[place] = true;
        return isCiphertext;
    }
}

/// <summary>What became of the frames that were offered.</summary>
internal sealed class KeeperCounters
{
    public long Offered { get; set; }

    public long WithoutPayload { get; set; }

    public long LeftOut { get; set; }

    public long Own { get; set; }

    public long Untargeted { get; set; }

    public long Failed { get; set; }
}
