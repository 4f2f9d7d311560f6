using System.Text;
using NetSniff.Buffers;
using NetSniff.Protocols;
using NetSniff.Records;

namespace NetSniff.Wire.Batches;

/// <summary>Turns a batch back into records as a <see cref="RecordConsumer"/> takes them. One thread; keeps its memory
/// for the next batch.</summary>
/// <remarks>Bytes come from another machine: whatever they are, the answer is yes or no, in bounded memory.</remarks>
public sealed class BatchDecoder
{
    /// <summary>Application names that strangers may add to our own.</summary>
    private const int AppsMax = 4096;

    private readonly List<ReadKind> _kinds = [];
    private readonly ReadNumbers _order = new();
    private readonly ByteWriter _records = new(1 << 16);
    private readonly List<string> _interfaces = [];
    private ushort[] _apps = [];

    /// <summary>Whole records, one after the other. Lent until the next call.</summary>
    public ReadOnlySpan<byte> Records => _records.Written;

    public int Count { get; private set; }

    /// <summary>The names that <see cref="RecordHeader.Interface"/> stands for.</summary>
    public IReadOnlyList<string> Interfaces => _interfaces;

    /// <summary>Records of kinds that are not ours, over all batches.</summary>
    public long RecordsUnknown { get; private set; }

    /// <summary>Reads a batch.</summary>
    /// <returns>False when it is damaged: then there are no records.</returns>
    public bool TryRead(ReadOnlySpan<byte> batch)
    {
        _records.Clear();
        Count = 0;
        var input = new BatchReader(batch);
        if (input.Byte() != BatchFormat.Version) return false;

        var count = input.Count(BatchFormat.RecordsMax);
        ReadNames(ref input);
        var kinds = input.Count(BatchFormat.KindsMax);
        while (_kinds.Count < kinds) _kinds.Add(new());
        for (var kind = 0; kind < kinds && !input.IsBroken; kind++) _kinds[kind].Read(ref input);
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
            if (!kind.TryWrite(_records, _apps) || _records.Length > BatchFormat.RecordBytesMax) return false;
            if (kind.Schema is null) RecordsUnknown++;
            else Count++;
        }

        for (var kind = 0; kind < kinds; kind++)
        {
            if (_kinds[kind].RowsRead != _kinds[kind].Rows) return false;
        }

        return true;
    }

    private void ReadNames(ref BatchReader input)
    {
        _apps = new ushort[input.Count(AppsMax)];
        for (var app = 0; app < _apps.Length && !input.IsBroken; app++)
        {
            var name = Encoding.UTF8.GetString(input.Text(BatchFormat.NameBytesMax));
            if (!input.IsBroken) _apps[app] = Apps.Names.Count < AppsMax ? Apps.Add(name) : Apps.Unknown;
        }

        _interfaces.Clear();
        var interfaces = input.Count(ushort.MaxValue);
        for (var one = 0; one < interfaces && !input.IsBroken; one++)
        {
            _interfaces.Add(Encoding.UTF8.GetString(input.Text(BatchFormat.NameBytesMax)));
        }
    }
}
