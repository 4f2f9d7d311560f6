using System.Runtime.CompilerServices;
using NetSniff.Flows;
using NetSniff.Json;
using NetSniff.Pipeline;
using NetSniff.Records;
using NetSniff.Storage.MmapQueue;
using NetSniff.Wire.Batches;
using NetSniff.Wire.Delivery;
using NetSniff.Wire.Ring;
using NetSniff.Wire.Telemetry;
using NetSniff.Wire.V1;

namespace NetSniff.Sensor.Export;

/// <summary>Records of one shard become batches in the spool: each record in the lane of the worker its connection
/// belongs to. One thread, the shard's; it waits for nobody.</summary>
/// <param name="node">Name of this machine.</param>
/// <param name="interfaces">The names that <see cref="RecordHeader.Interface"/> stands for.</param>
public sealed class Exporter(
    Spool spool,
    Distribution distribution,
    ExportOptions options,
    string node,
    Func<IReadOnlyList<string>> interfaces,
    TimeProvider clock) : RecordConsumer, IDisposable
{
    private const int PrioritiesMax = 4;

    private static readonly int s_headerSize = Unsafe.SizeOf<RecordHeader>();

    /// <summary>Three quarters of what a file of the spool takes: the rest is for the last record, and for what the
    /// encoding adds to many short texts.</summary>
    private readonly int _packedFull = spool.PayloadBytesMax / 4 * 3;

    private readonly ushort _flowKind = RecordKinds.Register<FlowRecord>().Id;
    private readonly ushort _findingKind = RecordKinds.Register<FindingRecord>().Id;
    private readonly BatchPacker _packer = new(options.CompressionLevel);
    private readonly Stack<BatchEncoder> _encoders = [];
    private RingTable _table = RingTable.Empty;
    private ExportLane?[] _lanes = [];
    private byte[] _entry = new byte[1 << 16];
    private long _flushedAt;

    public ExportCounters Counters { get; } = new();

    public override void Consume(ReadOnlySpan<byte> records, int count)
    {
        var table = distribution.Table;
        if (!ReferenceEquals(table, _table)) Follow(table);

        var now = clock.GetTimestamp();
        foreach (var record in new RecordWalker(records))
        {
            ref readonly var head = ref record.Header;
            var priority = head.Kind == _flowKind ? SpoolPriority.Flows
                : head.Kind == _findingKind ? SpoolPriority.Findings : SpoolPriority.Transactions;
            var place = table.OwnerIndex(RecordPlace.Of(in head)) * PrioritiesMax + (int)priority;
            var lane = _lanes[place] ??= new ExportLane(table.Members[place / PrioritiesMax].Name, priority);
            if (lane.Encoder is null) Begin(lane, now);
            lane.Encoder!.Add(record);
            lane.Bytes += head.Length;
            lane.PackedMost += PackedMost(record);
            if (IsFull(lane)) Flush(lane);
        }

        Counters.RecordsIn += count;
        Tick(now);
    }

    /// <summary>Lets time pass: batches that have waited long enough go. To be called several times in
    /// <see cref="ExportOptions.AgeMax"/>, also when nothing is captured.</summary>
    public void Tick() => Tick(clock.GetTimestamp());

    /// <summary>Everything goes, full or not.</summary>
    public void Flush()
    {
        foreach (var lane in _lanes)
        {
            if (lane?.Encoder is not null) Flush(lane);
        }
    }

    public void Dispose() => _packer.Dispose();

    private bool IsFull(ExportLane lane) =>
        lane.Encoder!.IsFull || lane.Encoder.Count >= options.RecordsMax || lane.Bytes >= options.BytesMax
            || lane.PackedMost >= _packedFull;

    /// <summary>Texts may be chance, chosen by a stranger so that nothing packs them; of headers and cells, most of
    /// which are the same or nearly so in all records, three quarters go at least.</summary>
    private static int PackedMost(RecordView record)
    {
        var cells = s_headerSize + record.Schema.FixedBytes;
        return record.Header.Length - cells + cells / 4;
    }

    private void Tick(long now)
    {
        // Lanes are looked through once in a while, not for every arena.
        if (clock.GetElapsedTime(_flushedAt, now) < options.AgeMax / 4) return;

        _flushedAt = now;
        foreach (var lane in _lanes)
        {
            if (lane?.Encoder is not null && clock.GetElapsedTime(lane.Since, now) >= options.AgeMax) Flush(lane);
        }
    }

    /// <summary>What was gathered belongs to those it was gathered for.</summary>
    private void Follow(RingTable table)
    {
        Flush();
        _table = table;
        _lanes = new ExportLane?[table.Members.Count * PrioritiesMax];
    }

    private void Begin(ExportLane lane, long now)
    {
        lane.Encoder = _encoders.TryPop(out var idle) ? idle : new BatchEncoder();
        (lane.Bytes, lane.PackedMost) = (0, 0);
        lane.Since = now;
        lane.SinceNanos = Timestamps.Nanos(clock.GetUtcNow());
    }

    private void Flush(ExportLane lane)
    {
        var encoder = lane.Encoder!;
        var count = encoder.Count;
        var batch = encoder.Finish(interfaces(), node);
        var packed = _packer.Pack(batch);
        if (_entry.Length < packed.Length + SpooledBatch.PrefixBytesMax)
        {
            _entry = new byte[2 * (packed.Length + SpooledBatch.PrefixBytesMax)];
        }

        var trace = BatchTrace.Begin(lane.Worker, count, packed.Length, lane.SinceNanos) ?? "";
        var length = SpooledBatch.Write(_entry, packed, batch.Length, trace);
        var status = spool.Append(
            lane.Worker,
            lane.Priority,
            _entry.AsSpan(0, length),
            count,
            lane.SinceNanos,
            (uint)Compression.Zstd,
            out _);
        Counters.Flushed(status, count, lane.Bytes, batch.Length, packed.Length);
        lane.Encoder = null;
        _encoders.Push(encoder);
        distribution.WakeupOf(lane.Worker).Set();
    }

    private sealed class ExportLane(string worker, SpoolPriority priority)
    {
        public string Worker { get; } = worker;

        public SpoolPriority Priority { get; } = priority;

        /// <summary>Null while nothing waits: it is lent to whoever gathers.</summary>
        public BatchEncoder? Encoder { get; set; }

        public int Bytes { get; set; }

        /// <summary>What the batch may come to once packed.</summary>
        public int PackedMost { get; set; }

        /// <summary>When the first record of the batch came.</summary>
        public long Since { get; set; }

        public long SinceNanos { get; set; }
    }
}

/// <summary>What an exporter counted. Its thread writes, anybody may read.</summary>
public sealed class ExportCounters
{
    public long RecordsIn;
    public long RecordsSpooled;

    /// <summary>The spool had no room, even after giving up what is less important.</summary>
    public long RecordsRefused;

    /// <summary>Batches longer than a spool's file.</summary>
    public long RecordsTooLong;
    public long Batches;

    /// <summary>Bytes of the records, of the batches, and of the packed batches.</summary>
    public long BytesIn;
    public long BytesEncoded;
    public long BytesPacked;

    public IEnumerable<LedgerLine> Ledger()
    {
        var waiting = RecordsIn - RecordsSpooled - RecordsRefused - RecordsTooLong;
        yield return new("export", "records in", RecordsIn, false);
        yield return new("export", "records spooled", RecordsSpooled, false);
        yield return new("export", "records in batches not full yet", waiting, false);
        yield return new("export", "records the spool had no room for", RecordsRefused, true);
        yield return new("export", "records in batches longer than a file", RecordsTooLong, true);
    }

    internal void Flushed(AppendStatus status, int records, long bytesIn, int bytesEncoded, int bytesPacked)
    {
        Batches++;
        BytesIn += bytesIn;
        BytesEncoded += bytesEncoded;
        BytesPacked += bytesPacked;
        switch (status)
        {
            case AppendStatus.Stored:
                RecordsSpooled += records;
                break;
            case AppendStatus.Full:
                RecordsRefused += records;
                break;
            default:
                RecordsTooLong += records;
                break;
        }
    }
}
