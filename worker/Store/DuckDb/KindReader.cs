using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Text;
using NetSniff.Buffers;
using NetSniff.Packets;
using NetSniff.Protocols;
using NetSniff.Records;
using DuckDB.NET.Native;

namespace NetSniff.Worker.Store.DuckDb;

/// <summary>Turns rows of one kind's table back into records, octet by octet as they were stored.</summary>
/// <param name="books">What numbers of the store stand for.</param>
internal sealed class KindReader(KindTable table, NameLayout layout, Books books)
{
    /// <summary>Names of applications that a store may add to ours.</summary>
    private const int AppsMax = 4096;

    private static readonly int s_fixed = FixedColumns.All.Length;

    private readonly FieldKind[] _kinds = [.. table.Schema.Fields.Select(field => field.Kind)];
    private readonly uint[] _peers = books.Peers.Registered;
    private readonly NameBook _names = books.Names;
    private readonly Dictionary<uint, ushort> _apps = [];
    private readonly Dictionary<(uint Node, uint Interface), ushort> _origins = [];

    // Of texts.
    private byte[] _lastApp = [];
    private ushort _lastAppNumber;
    private byte[] _lastNode = [];
    private byte[] _lastInterface = [];
    private ushort _lastOrigin;

    /// <summary>What to select, in the order that <see cref="Write"/> reads.</summary>
    /// <param name="tableColumns">Those that the table has.</param>
    public static string Columns(KindTable table, ImmutableArray<string> tableColumns)
    {
        var there = tableColumns.ToHashSet(StringComparer.OrdinalIgnoreCase);
        var layout = NameColumns.LayoutOf([tableColumns]);
        return string.Join(", ", table.Columns.Select((column, place) =>
            layout != NameLayout.Numbers && (FixedColumn)place is FixedColumn.App or FixedColumn.Node
                or FixedColumn.Interface
                    ? NameColumns.Text((FixedColumn)place, layout)
                    : table.ColumnOrNull(column.Name, there.Contains(column.Name))));
    }

    /// <summary>Appends the record of a row.</summary>
    public void Write(DuckRows rows, int row, ByteWriter output)
    {
        var writer = new RecordWriter(output.Room(RecordWriter.BytesMax), table.Schema);
        for (var field = 0; field < _kinds.Length; field++)
        {
            ref readonly var column = ref rows.Column(s_fixed + field);
            if (column.IsValid(row)) WriteField(ref writer, field, _kinds[field], in column, row);
        }

        output.Advance(writer.Finish(ReadHead(rows, row)));
    }

    private RecordHeader ReadHead(DuckRows rows, int row)
    {
        var head = new RecordHeader
        {
            TimeNanos = Fixed<long>(rows, FixedColumn.Time, row),
            FlowId = Fixed<ulong>(rows, FixedColumn.FlowId, row),
            Client = ReadHalves(rows, FixedColumn.SourceHigh, FixedColumn.SourceLow, row),
            Server = ReadHalves(rows, FixedColumn.TargetHigh, FixedColumn.TargetLow, row),
            ClientPort = Fixed<ushort>(rows, FixedColumn.SourcePort, row),
            ServerPort = Fixed<ushort>(rows, FixedColumn.TargetPort, row),
            OuterVlan = Fixed<ushort>(rows, FixedColumn.Vlan, row),
            InnerVlan = Fixed<ushort>(rows, FixedColumn.InnerVlan, row),
            Protocol = Fixed<byte>(rows, FixedColumn.Proto, row),
            Tunnel = (TunnelKind)Fixed<byte>(rows, FixedColumn.Tunnel, row),
            TunnelId = Fixed<uint>(rows, FixedColumn.TunnelId, row),
        };
        if (Fixed<byte>(rows, FixedColumn.Partial, row) != 0) head.Traits |= RecordTraits.Partial;
        if (Fixed<byte>(rows, FixedColumn.Malformed, row) != 0) head.Traits |= RecordTraits.Malformed;
        ReadPlace(rows, row, ref head);
        return head;
    }

    private void ReadPlace(DuckRows rows, int row, ref RecordHeader head)
    {
        ReadNames(rows, row, ref head);
        head.ClientPeer = Registered(Fixed<uint>(rows, FixedColumn.ClientPeer, row));
        head.ServerPeer = Registered(Fixed<uint>(rows, FixedColumn.ServerPeer, row));
    }

    private uint Registered(uint own) => own < _peers.Length ? _peers[own] : Peers.Unnamed;

    private void ReadNames(DuckRows rows, int row, ref RecordHeader head)
    {
        if (layout != NameLayout.Numbers)
        {
            head.App = ReadApp(in rows.Column((int)FixedColumn.App), row);
            head.Interface = ReadOrigin(
                in rows.Column((int)FixedColumn.Node), in rows.Column((int)FixedColumn.Interface), row);
            return;
        }

        var app = Fixed<uint>(rows, FixedColumn.App, row);
        if (!_apps.TryGetValue(app, out var known)) _apps.Add(app, known = AddApp(_names.Name(app)));
        head.App = known;
        var origin = (Fixed<uint>(rows, FixedColumn.Node, row), Fixed<uint>(rows, FixedColumn.Interface, row));
        if (!_origins.TryGetValue(origin, out known))
        {
            known = Origins.Add(_names.Name(origin.Item1), _names.Name(origin.Item2));
            _origins.Add(origin, known);
        }

        head.Interface = known;
    }

    private static ushort AddApp(string name) => Apps.Names.Count < AppsMax ? Apps.Add(name) : Apps.Unknown;

    private ushort ReadOrigin(ref readonly DuckVector node, ref readonly DuckVector name, int row)
    {
        var nodeText = node.IsValid(row) ? node.Text(row) : default;
        var nameText = name.IsValid(row) ? name.Text(row) : default;
        if (nodeText.SequenceEqual(_lastNode) && nameText.SequenceEqual(_lastInterface)) return _lastOrigin;

        _lastNode = nodeText.ToArray();
        _lastInterface = nameText.ToArray();
        _lastOrigin = Origins.Add(Encoding.UTF8.GetString(nodeText), Encoding.UTF8.GetString(nameText));
        return _lastOrigin;
    }

    private ushort ReadApp(ref readonly DuckVector column, int row)
    {
        if (!column.IsValid(row)) return Apps.Unknown;
        var name = column.Text(row);
        if (name.SequenceEqual(_lastApp)) return _lastAppNumber;

        _lastApp = name.ToArray();
        _lastAppNumber = AddApp(Encoding.UTF8.GetString(name));
        return _lastAppNumber;
    }

    private static void WriteField(
        ref RecordWriter writer, int field, FieldKind kind, ref readonly DuckVector column, int row)
    {
        switch (kind)
        {
            case FieldKind.Flag:
                writer.Flag(field, column.Get<byte>(row) != 0);
                break;
            case FieldKind.Address:
                writer.Address(field, ReadAddress(in column, row));
                break;
            case FieldKind.Text:
                writer.Text(field, Octets.GiveBack(column.Text(row), writer.Left));
                break;
            case FieldKind.Bytes:
                writer.TryText(field, column.Text(row));
                break;
            case FieldKind.Texts or FieldKind.Numbers:
                WriteList(ref writer, field, kind, in column, row);
                break;
            default:
                writer.Number(field, column.Get<ulong>(row));
                break;
        }
    }

    private static void WriteList(
        ref RecordWriter writer, int field, FieldKind kind, ref readonly DuckVector column, int row)
    {
        var list = column.Get<DuckDBListEntry>(row);
        var child = column.Child;
        writer.BeginList();
        for (var index = (int)list.Offset; index < (int)(list.Offset + list.Length); index++)
        {
            if (kind == FieldKind.Numbers) writer.TryListed(child.Get<ulong>(index));
            else writer.Listed(Octets.GiveBack(child.Text(index), writer.LeftInList));
        }

        writer.EndList(field);
    }

    private static T Fixed<T>(DuckRows rows, FixedColumn column, int row) where T : unmanaged
    {
        ref readonly var vector = ref rows.Column((int)column);
        return vector.IsValid(row) ? vector.Get<T>(row) : default;
    }

    private static Address ReadHalves(DuckRows rows, FixedColumn high, FixedColumn low, int row) => new(
        BinaryPrimitives.ReverseEndianness(Fixed<ulong>(rows, high, row)),
        BinaryPrimitives.ReverseEndianness(Fixed<ulong>(rows, low, row)));

    private static Address ReadAddress(ref readonly DuckVector column, int row)
    {
        if (!column.IsValid(row)) return default;
        var value = column.Get<UInt128>(row);
        return new Address(
            BinaryPrimitives.ReverseEndianness((ulong)(value >> 64)), BinaryPrimitives.ReverseEndianness((ulong)value));
    }
}
