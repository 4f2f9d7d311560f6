using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using NetSniff.Buffers;
using NetSniff.Packets;
using NetSniff.Records;

namespace NetSniff.Wire.Batches;

/// <summary>One kind of a batch, read back: its columns, and where each of its fields goes here.</summary>
internal sealed class ReadKind
{
    private static readonly int s_fixed = Enum.GetValues<FixedColumn>().Length;

    private readonly List<ReadNumbers> _numbers = [];
    private readonly List<ReadTexts> _texts = [];
    private readonly List<ReadNumbers> _beside = [];
    private readonly ReadNumbers _clients = new();
    private readonly ReadNumbers _servers = new();
    private readonly FieldKind[] _kinds = new FieldKind[RecordSchema.FieldsMax];

    /// <summary>By our field: which of theirs, or -1.</summary>
    private readonly int[] _theirs = new int[RecordSchema.FieldsMax];
    private ulong[] _times = [];
    private int _fields;

    public RecordSchema? Schema { get; private set; }

    public int Rows { get; private set; }

    public int RowsRead { get; set; }

    /// <summary>Fields that are not ours, or of another kind than ours.</summary>
    public int FieldsUnknown { get; private set; }

    public void Read(ref BatchReader input, bool hasPeers)
    {
        ReadDescription(ref input);
        Rows = input.Count(BatchFormat.RecordsMax);
        RowsRead = 0;
        while (_numbers.Count < s_fixed + _fields)
        {
            _numbers.Add(new());
            _texts.Add(new());
            _beside.Add(new());
        }

        for (var column = 0; column < s_fixed && !input.IsBroken; column++)
        {
            if (KindColumns.KindOf((FixedColumn)column) == FieldKind.Address) _texts[column].Read(ref input, Rows);
            else _numbers[column].Read(ref input, Rows, [], Earlier(column));
        }

        for (var field = 0; field < _fields && !input.IsBroken; field++) ReadField(ref input, field);
        foreach (var peers in (ReadOnlySpan<ReadNumbers>)[_clients, _servers])
        {
            if (!hasPeers) peers.Fill(Rows);
            else if (!input.IsBroken) peers.Read(ref input, Rows, [], []);
        }
    }

    /// <summary>Writes the next row as a record of ours.</summary>
    /// <returns>False when the columns do not fit together.</returns>
    public bool TryWrite(ByteWriter output, BatchNames names)
    {
        if (RowsRead++ >= Rows) return false;

        var isNamed = names.TryApp(Fixed(FixedColumn.App), out var app)
            & names.TryOrigin(Fixed(FixedColumn.Interface), out var origin)
            & names.TryPeer(_clients.Next(), out var client)
            & names.TryPeer(_servers.Next(), out var server);
        var head = new RecordHeader
        {
            TimeNanos = (long)Fixed(FixedColumn.Time),
            FlowId = Fixed(FixedColumn.FlowId),
            ClientPort = (ushort)Fixed(FixedColumn.ClientPort),
            ServerPort = (ushort)Fixed(FixedColumn.ServerPort),
            OuterVlan = (ushort)Fixed(FixedColumn.OuterVlan),
            InnerVlan = (ushort)Fixed(FixedColumn.InnerVlan),
            TunnelId = (uint)Fixed(FixedColumn.TunnelId),
            Interface = origin,
            App = app,
            Protocol = (byte)Fixed(FixedColumn.Protocol),
            Tunnel = (TunnelKind)Fixed(FixedColumn.Tunnel),
            Traits = (RecordTraits)Fixed(FixedColumn.Traits),
            ClientPeer = client,
            ServerPeer = server,
        };
        var present = Fixed(FixedColumn.Present);
        var isSound = isNamed & TryTakeAddress(FixedColumn.Client, out head.Client)
            & TryTakeAddress(FixedColumn.Server, out head.Server);
        if (!isSound || (_fields < RecordSchema.FieldsMax && present >> _fields != 0)) return false;
        if (Schema is not { } schema)
        {
            // Their places in the columns are passed over with the kind.
            return true;
        }

        var start = output.Length;
        output.Room(RecordSink.RecordBytesMax);
        output.Advance(Unsafe.SizeOf<RecordHeader>());
        for (var ours = 0; ours < schema.Fields.Count; ours++)
        {
            var theirs = _theirs[ours];
            if (theirs < 0 || (present >> theirs & 1) == 0) continue;

            head.Present |= 1ul << ours;
            if (!TryWriteField(output, theirs) || output.Length - start > RecordSink.RecordBytesMax) return false;
        }

        while ((output.Length - start) % 8 != 0) output.Put(0);
        head.Kind = schema.Id;
        head.Length = output.Length - start;
        output.Patch(start, MemoryMarshal.AsBytes(new ReadOnlySpan<RecordHeader>(in head)));
        return true;
    }

    private void ReadDescription(ref BatchReader input)
    {
        var name = Encoding.UTF8.GetString(input.Text(BatchFormat.NameBytesMax));
        Schema = RecordKinds.All.FirstOrDefault(schema => schema.Info.Name == name);
        _fields = input.Count(RecordSchema.FieldsMax);
        FieldsUnknown = 0;
        _theirs.AsSpan().Fill(-1);
        for (var field = 0; field < _fields && !input.IsBroken; field++)
        {
            var fieldName = Encoding.UTF8.GetString(input.Text(BatchFormat.NameBytesMax));
            _kinds[field] = (FieldKind)input.Byte();
            if (_kinds[field] > FieldKind.Numbers) input.Break();
            if (Schema?.Find(fieldName) is { } ours && ours.Kind == _kinds[field]) _theirs[ours.Index] = field;
            else FieldsUnknown++;
        }
    }

    private void ReadField(ref BatchReader input, int field)
    {
        var column = s_fixed + field;
        var count = Having(field);
        switch (_kinds[field])
        {
            case FieldKind.Text or FieldKind.Bytes or FieldKind.Address:
                _texts[column].Read(ref input, count);
                break;
            case FieldKind.Texts:
                _numbers[column].Read(ref input, count, [], []);
                _texts[column].Read(ref input, Listed(ref input, _numbers[column]));
                break;
            case FieldKind.Numbers:
                _beside[column].Read(ref input, count, [], []);
                _numbers[column].Read(ref input, Listed(ref input, _beside[column]), [], []);
                break;
            case FieldKind.Time:
                _numbers[column].Read(ref input, count, _times.AsSpan(0, count), Earlier(column));
                break;
            default:
                _numbers[column].Read(ref input, count, [], Earlier(column));
                break;
        }
    }

    /// <summary>How many rows have a field; their times are gathered on the way.</summary>
    private int Having(int field)
    {
        if (_times.Length < Rows) _times = new ulong[Rows];
        var masks = _numbers[(int)FixedColumn.Present].Values;
        var times = _numbers[(int)FixedColumn.Time].Values;
        var count = 0;
        for (var row = 0; row < masks.Length; row++)
        {
            if ((masks[row] >> field & 1) != 0) _times[count++] = times[row];
        }

        return count;
    }

    private static int Listed(ref BatchReader input, ReadNumbers counts)
    {
        var total = 0ul;
        foreach (var count in counts.Values)
        {
            if (count > ushort.MaxValue) input.Break();
            total += count & ushort.MaxValue;
        }

        if (total <= BatchFormat.ListedMax) return (int)total;
        input.Break();
        return 0;
    }

    private bool TryWriteField(ByteWriter output, int field)
    {
        var column = s_fixed + field;
        switch (_kinds[field])
        {
            case FieldKind.Flag:
                output.Put((byte)(_numbers[column].Next() & 1));
                return true;
            case FieldKind.Text or FieldKind.Bytes:
                PutText(output, _texts[column].Next());
                return true;
            case FieldKind.Address:
                var address = _texts[column].Next();
                output.Put(address);
                return address.Length == Address.Size;
            case FieldKind.Texts:
                return TryWriteTexts(output, _numbers[column].Next(), _texts[column]);
            case FieldKind.Numbers:
                var count = (int)_beside[column].Next();
                if (8 * count > RecordSink.RecordBytesMax) return false;
                output.PutUInt16((ushort)count);
                for (var index = 0; index < count; index++) output.PutUInt64(_numbers[column].Next());
                return true;
            default:
                output.PutUInt64(_numbers[column].Next());
                return true;
        }
    }

    private static bool TryWriteTexts(ByteWriter output, ulong count, ReadTexts texts)
    {
        output.PutUInt16((ushort)count);
        var lengthAt = output.Length;
        output.PutUInt32(0);
        for (var index = 0ul; index < count; index++)
        {
            PutText(output, texts.Next());
            if (output.Length - lengthAt > RecordSink.RecordBytesMax) return false;
        }

        var length = (uint)(output.Length - lengthAt - 4);
        output.Patch(lengthAt, MemoryMarshal.AsBytes(new ReadOnlySpan<uint>(in length)));
        return true;
    }

    private static void PutText(ByteWriter output, ReadOnlySpan<byte> text)
    {
        output.PutUInt16((ushort)text.Length);
        output.Put(text);
    }

    private ulong Fixed(FixedColumn column) => _numbers[(int)column].Next();

    private bool TryTakeAddress(FixedColumn column, out Address address)
    {
        var bytes = _texts[(int)column].Next();
        address = bytes.Length == Address.Size ? MemoryMarshal.Read<Address>(bytes) : default;
        return bytes.Length == Address.Size;
    }

    private ReadOnlySpan<ReadNumbers> Earlier(int column) => CollectionsMarshal.AsSpan(_numbers)[..column];
}
