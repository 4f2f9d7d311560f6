using System.Buffers.Binary;
using System.Numerics;
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
    /// <summary>Room for cells of fields that who wrote the record did not know.</summary>
    private const int OtherCellsBytes = 2048;

    /// <summary>What a sensor makes, and those. As much below <see cref="RecordWriter.BytesMax"/>, so that a later
    /// program with more fields can read what is stored.</summary>
    private const int RecordBytesMax = RecordSink.RecordBytesMax + OtherCellsBytes;

    private static readonly int s_fixed = Enum.GetValues<FixedColumn>().Length;

    private ReadNumbers[] _numbers = [];
    private ReadTexts[] _texts = [];
    private ReadNumbers[] _beside = [];
    private readonly ReadNumbers _clients = new();
    private readonly ReadNumbers _servers = new();
    private readonly FieldKind[] _kinds = new FieldKind[RecordSchema.FieldsMax];

    /// <summary>By our field: which of theirs, or -1.</summary>
    private readonly int[] _theirs = new int[RecordSchema.FieldsMax];
    private ulong[] _times = [];

    /// <summary>Cells of the fields that are one number in every record: those are not asked for row by row.</summary>
    private byte[] _sameCells = [];
    private ulong _sameFields;
    private int _fields;

    /// <summary>Their fields are ours, in our order.</summary>
    private bool _areOurs;

    public RecordSchema? Schema { get; private set; }

    public int Rows { get; private set; }

    public int RowsRead { get; set; }

    /// <summary>Fields that are not ours, or of another kind than ours.</summary>
    public int FieldsUnknown { get; private set; }

    /// <param name="rowsMax">Records that the batch may still have.</param>
    public void Read(ref BatchReader input, bool hasPeers, int rowsMax)
    {
        ReadDescription(ref input);
        Rows = input.Count(rowsMax);
        RowsRead = 0;
        MakeColumns();
        // Texts have no numbers here, which an earlier batch may have left: nobody's are the same as those.
        foreach (var numbers in _numbers) numbers.Fill(0);
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

        FindSame();
    }

    private void FindSame()
    {
        _sameFields = 0;
        if (!_areOurs || Schema is not { } schema) return;

        if (_sameCells.Length < schema.FixedBytes) _sameCells = new byte[schema.FixedBytes];
        _sameCells.AsSpan().Clear();
        var present = _numbers[(int)FixedColumn.Present];
        var inAll = present.IsConstant ? present.First : ulong.MaxValue;
        if (!present.IsConstant) foreach (var mask in present.Values) inAll &= mask;
        for (var field = 0; field < _fields; field++)
        {
            var column = _numbers[s_fixed + field];
            if (_kinds[field] >= FieldKind.Text || (inAll >> field & 1) == 0 || !column.IsConstant) continue;

            var value = _kinds[field] == FieldKind.Flag ? column.First & 1 : column.First;
            BinaryPrimitives.WriteUInt64LittleEndian(_sameCells.AsSpan(schema.CellPlaces[field]), value);
            _sameFields |= 1ul << field;
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

        var writer = new RecordWriter(
            output.Room(RecordBytesMax)[..RecordBytesMax], schema, _areOurs ? _sameCells : default, _sameFields);
        if (!TryWriteFields(ref writer, present, schema)) return false;

        output.Advance(writer.Finish(head));
        return true;
    }

    private bool TryWriteFields(ref RecordWriter writer, ulong present, RecordSchema schema)
    {
        if (_areOurs)
        {
            for (present &= ~_sameFields; present != 0; present &= present - 1)
            {
                var field = BitOperations.TrailingZeroCount(present);
                if (!TryWriteField(ref writer, field, field)) return false;
            }

            return true;
        }

        for (var ours = 0; ours < schema.Fields.Count; ours++)
        {
            var theirs = _theirs[ours];
            if (theirs < 0 || (present >> theirs & 1) == 0) continue;
            if (!TryWriteField(ref writer, ours, theirs)) return false;
        }

        return true;
    }

    private void MakeColumns()
    {
        var known = _numbers.Length;
        if (known >= s_fixed + _fields) return;

        Array.Resize(ref _numbers, s_fixed + _fields);
        Array.Resize(ref _texts, s_fixed + _fields);
        Array.Resize(ref _beside, s_fixed + _fields);
        for (var column = known; column < s_fixed + _fields; column++)
        {
            (_numbers[column], _texts[column], _beside[column]) = (new(), new(), new());
        }
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

        _areOurs = Schema?.Fields.Count == _fields;
        for (var field = 0; field < _fields; field++) _areOurs &= _theirs[field] == field;
    }

    private void ReadField(ref BatchReader input, int field)
    {
        var column = s_fixed + field;
        var count = Having(field, _kinds[field] == FieldKind.Time);
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

    /// <summary>How many rows have a field.</summary>
    /// <param name="wantsTimes">Then their times are gathered on the way.</param>
    private int Having(int field, bool wantsTimes)
    {
        var present = _numbers[(int)FixedColumn.Present];
        if (present.IsConstant && !wantsTimes) return (present.First >> field & 1) != 0 ? Rows : 0;

        if (_times.Length < Rows) _times = new ulong[Rows];
        var masks = present.Values;
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

    /// <returns>False when it is longer than a record may be, or no address.</returns>
    private bool TryWriteField(ref RecordWriter writer, int ours, int theirs)
    {
        var column = s_fixed + theirs;
        switch (_kinds[theirs])
        {
            case FieldKind.Number or FieldKind.Duration or FieldKind.Time:
                writer.Number(ours, _numbers[column].Next());
                return true;
            case FieldKind.Flag:
                writer.Flag(ours, (_numbers[column].Next() & 1) != 0);
                return true;
            case FieldKind.Text or FieldKind.Bytes:
                return writer.TryText(ours, _texts[column].Next());
            case FieldKind.Address:
                var address = _texts[column].Next();
                if (address.Length != Address.Size) return false;
                writer.Address(ours, MemoryMarshal.Read<Address>(address));
                return true;
            default:
                return TryWriteList(ref writer, ours, column);
        }
    }

    private bool TryWriteList(ref RecordWriter writer, int ours, int column)
    {
        var areTexts = _kinds[column - s_fixed] == FieldKind.Texts;
        var count = areTexts ? _numbers[column].Next() : _beside[column].Next();
        if (count > ushort.MaxValue) return false;

        writer.BeginList();
        for (; count > 0; count--)
        {
            if (!(areTexts ? writer.TryListed(_texts[column].Next()) : writer.TryListed(_numbers[column].Next())))
            {
                return false;
            }
        }

        writer.EndList(ours);
        return true;
    }

    private ulong Fixed(FixedColumn column) => _numbers[(int)column].Next();

    private bool TryTakeAddress(FixedColumn column, out Address address)
    {
        var bytes = _texts[(int)column].Next();
        address = bytes.Length == Address.Size ? MemoryMarshal.Read<Address>(bytes) : default;
        return bytes.Length == Address.Size;
    }

    private ReadOnlySpan<ReadNumbers> Earlier(int column) => _numbers.AsSpan(0, column);
}
