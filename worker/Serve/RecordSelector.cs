using System.Collections.Concurrent;
using Google.Protobuf;
using NetSniff.Filters.Expression;
using NetSniff.Records;
using NetSniff.Wire.Batches;

namespace NetSniff.Worker.Serve;

/// <summary>Picks records, and what is wanted of them, and packs them for the wire. One thread at a time.</summary>
internal sealed class RecordSelector(ObserveSelection selection)
{
    private readonly Filter? _filter = selection.NewFilter();
    private readonly HashSet<ushort>? _kinds = selection.KindNumbers();
    private readonly long _sinceNanos = selection.SinceNanos;
    private readonly FieldMask? _mask = FieldMask.Of(selection.FieldNames);

    /// <summary>Whether the record is wanted at all.</summary>
    public bool Takes(RecordView record) =>
        record.Header.TimeNanos >= _sinceNanos
        && _kinds?.Contains(record.Header.Kind) != false
        && _filter?.Matches(record) != false;

    /// <summary>Adds a record with the fields that are wanted.</summary>
    public void Add(BatchEncoder encoder, RecordView record) =>
        encoder.Add(_mask is null ? record : _mask.Cut(record));

    /// <summary>One batch of those of some records that are wanted.</summary>
    public ByteString Encode(ReadOnlySpan<byte> records, out int count)
    {
        var encoder = Encoders.Rent();
        count = 0;
        foreach (var record in new RecordWalker(records))
        {
            if (!Takes(record)) continue;

            Add(encoder, record);
            count++;
        }

        var batch = count == 0 ? ByteString.Empty : Encoders.Finish(encoder);
        Encoders.Return(encoder);
        return batch;
    }
}

/// <summary>Encoders keep what they have grown to, so they are lent rather than made: as many as run at one time.
/// </summary>
internal static class Encoders
{
    private const int KeptMax = 16;

    private static readonly ConcurrentBag<BatchEncoder> s_kept = [];

    public static BatchEncoder Rent() => s_kept.TryTake(out var encoder) ? encoder : new BatchEncoder();

    /// <summary>With nothing added since its last batch.</summary>
    public static void Return(BatchEncoder encoder)
    {
        if (encoder.Count == 0 && s_kept.Count < KeptMax) s_kept.Add(encoder);
    }

    public static ByteString Finish(BatchEncoder encoder) => ByteString.CopyFrom(encoder.Finish(Origins.Book));
}
