using NetSniff.Packets;

namespace NetSniff.Storage.PacketRing;

/// <summary>A rolling store of raw packets, bounded by size and age, always on, from which any minute or flow can be
/// cut afterwards.</summary>
/// <remarks>One thread appends, any may read at the same time. An append is a copy and a few stores: no system call but
/// for a new file every <see cref="RingOptions.SegmentBytes"/>. What was appended survives the end of the process.
/// </remarks>
public sealed unsafe partial class PacketRing : IDisposable
{
    private const string LockName = "lock";

    private readonly Lock _lock = new();
    private readonly List<RingSegment> _segments;
    private readonly FileStream _owner;
    private readonly RingOptions _options;
    private readonly RingInterfaces _interfaces;
    private BlockHeader* _block;
    private ulong _nextBlock = 1;
    private ulong _nextSegment = 1;
    private long _packets;
    private long _bytes;
    private long _cut;
    private long _refused;
    private long _overwritten;
    private long _aged;
    private long _floorNanos = long.MinValue;
    private bool _isDisposed;

    private PacketRing(string folder, RingOptions options, FileStream owner)
    {
        Folder = folder;
        _options = options;
        _owner = owner;
        _segments = Recover();
        _interfaces = RingInterfaces.Open(folder, _segments);
    }

    public string Folder { get; }

    public RingCounts Counts
    {
        get
        {
            lock (_lock)
            {
                return new(
                    _packets, _bytes, _cut, _refused, _overwritten, _aged, _isDisposed ? 0 : BytesOnDisk,
                    OldestNanos());
            }
        }
    }

    private long BytesOnDisk => _segments.Sum(static segment => segment.File.Length);

    /// <summary>Opens the folder, made if need be, with the packets that earlier runs left there.</summary>
    /// <exception cref="IOException">Another process has it open.</exception>
    public static PacketRing Open(string folder, RingOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.SegmentBytes, RingOptions.SegmentBytesMin);
        ArgumentOutOfRangeException.ThrowIfNotEqual(options.SegmentBytes % BlockHeader.Bytes, 0);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.BytesMax, 2L * options.SegmentBytes);
        Directory.CreateDirectory(folder);
        FileStream owner;
        try
        {
            owner = new FileStream(
                Path.Combine(folder, LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException taken)
        {
            throw new IOException($"{folder} is in use by another process", taken);
        }

        return new PacketRing(folder, options, owner);
    }

    /// <summary>The names of <see cref="Frame.Interface"/>, from now on; kept with the packets.</summary>
    public void NameInterfaces(IReadOnlyList<Pcap.CaptureInterface> interfaces) => _interfaces.Set(interfaces);

    /// <summary>Copies a frame into the ring.</summary>
    /// <param name="flowHash">The packet's <see cref="FlowHash"/>; 0 for what belongs to no flow.</param>
    /// <returns>False when the disk is full and there was nothing older to make room; counted.</returns>
    public bool Append(in Frame frame, ulong flowHash)
    {
        var captured = Math.Min(frame.CapturedLength, _options.SnapLengthMax);
        if (captured < frame.CapturedLength) _cut++;
        var room = PacketHeader.Room(captured);
        if ((_block == null || room > BlockHeader.Bytes - _block->Used) && !TryBeginBlock())
        {
            _refused++;
            return false;
        }

        var block = _block;
        var packet = (PacketHeader*)((byte*)block + block->Used);
        packet->TimeNanos = frame.TimeNanos;
        packet->FlowHash = flowHash;
        packet->CapturedLength = captured;
        packet->WireLength = frame.WireLength;
        packet->LinkType = (int)frame.LinkType;
        packet->Interface = frame.Interface;
        packet->StrippedVlan = frame.StrippedVlan;
        packet->StrippedVlanType = frame.StrippedVlanType;
        Buffer.MemoryCopy(frame.Pointer, (byte*)packet + PacketHeader.Size, captured, captured);

        if (block->Packets == 0) block->FirstNanos = block->LastNanos = frame.TimeNanos;
        if (frame.TimeNanos < block->FirstNanos) block->FirstNanos = frame.TimeNanos;
        if (frame.TimeNanos > block->LastNanos) block->LastNanos = frame.TimeNanos;
        block->AddFlow(flowHash);
        block->Packets++;
        // Last, in release order: readers look no further than this.
        Volatile.Write(ref block->Used, block->Used + room);
        _packets++;
        _bytes += captured;
        return true;
    }

    /// <summary>Lets go of what is too old by the clock: on a quiet wire no newer packet says so. The file that is
    /// being written stays, but what is too old in it is not given out any more.</summary>
    public void Expire(long nowNanos)
    {
        lock (_lock)
        {
            if (_isDisposed) return;

            var age = _options.AgeMax.Ticks * TimeSpan.NanosecondsPerTick;
            _floorNanos = Math.Max(_floorNanos, nowNanos - Math.Min(age, nowNanos));
            var kept = _block == null ? 0 : 1;
            while (_segments.Count > kept && _segments[0].LastNanos < _floorNanos) _aged += DropOldest();
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            if (_isDisposed) return;
            _isDisposed = true;
            _block = null;
            foreach (var segment in _segments) segment.File.Release();
        }

        _owner.Dispose();
    }

    private bool TryBeginBlock()
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            if (_segments is [.., var current] && _block != null)
            {
                current.Packets += _block->Packets;
                current.LastNanos = Math.Max(current.LastNanos, _block->LastNanos);
            }

            // Files of earlier runs are full: what is behind their last block may be anything.
            if (_block == null || _segments is not [.., var last] || last.BlocksBegun == last.Blocks)
            {
                if (!TryBeginSegment()) return false;
                last = _segments[^1];
            }

            var block = last.Block(last.BlocksBegun);
            *block = default;
            block->Used = BlockHeader.Size;
            block->Number = _nextBlock++;
            block->Run = _interfaces.Run;
            block->Magic = BlockHeader.MagicValue;
            last.BlocksBegun++;
            _block = block;
            return true;
        }
    }

    /// <summary>A new file, for which the oldest makes room at the bound, and more of them on a full disk.</summary>
    private bool TryBeginSegment()
    {
        DropOld();
        while (_segments.Count > 0 && BytesOnDisk + _options.SegmentBytes > _options.BytesMax)
        {
            _overwritten += DropOldest();
        }

        while (true)
        {
            var path = RingSegment.PathOf(Folder, _nextSegment);
            if (MappedFile.TryCreate(path, _options.SegmentBytes) is { } file)
            {
                _segments.Add(new RingSegment(file, _nextSegment++));
                return true;
            }

            _block = null;
            if (_segments.Count == 0) return false;
            _overwritten += DropOldest();
        }
    }

    /// <summary>Lets go of files whose last packet is too old, seen from the newest.</summary>
    private void DropOld()
    {
        if (_segments is not [.., var newest]) return;
        var limit = newest.LastNanos - _options.AgeMax.Ticks * TimeSpan.NanosecondsPerTick;
        while (_segments.Count > 1 && _segments[0].LastNanos < limit) _aged += DropOldest();
    }

    /// <returns>How many packets went with it.</returns>
    private long DropOldest()
    {
        var oldest = _segments[0];
        _segments.RemoveAt(0);
        File.Delete(oldest.File.Path);
        oldest.File.Release();
        return oldest.Packets;
    }

    private long OldestNanos()
    {
        if (_isDisposed || _segments is not [{ BlocksBegun: > 0 } first, ..]) return 0;

        var oldest = first.Block(0)->FirstNanos;
        return oldest == 0 ? 0 : Math.Max(oldest, AgeLimit());
    }

    private List<RingSegment> Recover()
    {
        var segments = new List<RingSegment>();
        foreach (var (path, number) in Files(Folder))
        {
            if (new FileInfo(path).Length < BlockHeader.Bytes)
            {
                File.Delete(path);
                continue;
            }

            var segment = RingSegment.Recover(path, number);
            segments.Add(segment);
            _nextSegment = number + 1;
            for (var block = 0; block < segment.BlocksBegun; block++)
            {
                _nextBlock = Math.Max(_nextBlock, segment.Block(block)->Number + 1);
            }
        }

        return segments;
    }
}
