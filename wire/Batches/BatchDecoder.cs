using NetSniff.Buffers;
using NetSniff.Records;

namespace NetSniff.Wire.Batches;

/// <summary>Turns a batch back into records as a <see cref="RecordConsumer"/> takes them. One thread; keeps its memory
/// for the next batch.</summary>
/// <remarks>Bytes come from another machine: whatever they are, the answer is yes or no, in bounded memory.</remarks>
public sealed class BatchDecoder
{
    private readonly List<ReadKind> _kinds = [];
    private readonly ReadNumbers _order = new();
    private readonly ByteWriter _records = new(1 << 16);
    private readonly BatchNames _names = new();

    /// <summary>Whole records, one after the other. Lent until the next call.</summary>
    public ReadOnlySpan<byte> Records => _records.Written;

    public int Count { get; private set; }

    /// <summary>Whether peers that the batch names are believed: those of a worker are, a sensor has no business with
    /// them. Otherwise both ends are unnamed.</summary>
    public bool TakesPeers { get; init; }

    /// <summary>The node of records whose batch does not say: older sensors.</summary>
    public string Node { get; set; } = "";

    /// <summary>Records of kinds that are not ours, over all batches.</summary>
    public long RecordsUnknown { get; private set; }

    /// <summary>Columns of kinds that are ours and fields that are not, in the last batch: what a later sensor says
    /// beyond what is known here.</summary>
    public int ColumnsUnknown { get; private set; }

    /// <summary>Times that an application's name found no room among those of this process.</summary>
    public long AppsRefused => _names.AppsRefused;

    /// <summary>What the last batch was that could not be read, as an adjective.</summary>
    public string Problem { get; private set; } = "";

    /// <summary>Reads a batch. In its records <see cref="RecordHeader.Interface"/> is a place in <see cref="Origins"/>.
    /// </summary>
    /// <returns>False when it is damaged or of a later version (<see cref="Problem"/>): then there are no records.
    /// </returns>
    public bool TryRead(ReadOnlySpan<byte> batch)
    {
        _records.Clear();
        Count = ColumnsUnknown = 0;
        var input = new BatchReader(batch);
        var version = input.Byte();
        Problem = version > BatchFormat.Version ? "of a later version than is read here: update netsniff" : "damaged";
        if (version is < BatchFormat.VersionBeforePeers or > BatchFormat.Version) return false;

        var count = input.Count(BatchFormat.RecordsMax);
        _names.Read(ref input, version, TakesPeers, Node);
        var kinds = input.Count(BatchFormat.KindsMax);
        while (_kinds.Count < kinds) _kinds.Add(new());
        var rows = 0;
        for (var kind = 0; kind < kinds && !input.IsBroken; kind++)
        {
            _kinds[kind].Read(ref input, _names.HasPeers, count - rows);
            rows += _kinds[kind].Rows;
            if (_kinds[kind].Schema is not null) ColumnsUnknown += _kinds[kind].FieldsUnknown;
        }

        if (!input.IsBroken) _order.Read(ref input, count, [], []);
        if (!input.IsBroken && input.IsAtEnd && TryWrite(count, kinds)) return true;

        _records.Clear();
        Count = 0;
        return false;
    }

    private bool TryWrite(int count, int kinds)
    {
        for (var record = 0; record < count; record++)
        {
            var place = _order.Next();
            if (place >= (ulong)kinds) return false;

            var kind = _kinds[(int)place];
            if (!kind.TryWrite(_records, _names) || _records.Length > BatchFormat.RecordBytesMax) return false;
            if (kind.Schema is null) RecordsUnknown++;
            else Count++;
        }

        for (var kind = 0; kind < kinds; kind++)
        {
            if (_kinds[kind].RowsRead != _kinds[kind].Rows) return false;
        }

        return true;
    }
}
