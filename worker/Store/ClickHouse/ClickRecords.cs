using System.Runtime.InteropServices;
using System.Text;
using NetSniff.Buffers;
using NetSniff.Packets;
using NetSniff.Protocols;
using NetSniff.Records;

namespace NetSniff.Worker.Store.ClickHouse;

/// <summary>Turns rows of one kind's table back into records, octet by octet as they were stored.</summary>
/// <param name="peers">Numbers in <see cref="Peers"/> by those of the store.</param>
internal sealed class ClickRecords(ClickTable table, uint[] peers)
{
    /// <summary>Names of applications that a store may add to ours.</summary>
    private const int AppsMax = 4096;

    private static readonly int s_fixed = ClickTable.FixedCount;

    private readonly FieldKind[] _kinds = [.. table.Schema.Fields.Select(field => field.Kind)];
    private byte[] _lastApp = [];
    private ushort _lastAppNumber;
    private byte[] _lastNode = [];
    private byte[] _lastInterface = [];
    private ushort _lastOrigin;

    /// <summary>Appends the record of a row.</summary>
    public void Write(NativeAnswer rows, int row, ByteWriter output)
    {
        var start = output.Length;
        var head = ReadHead(rows, row);
        output.Put(MemoryMarshal.AsBytes(new ReadOnlySpan<RecordHeader>(in head)));
        for (var field = 0; field < _kinds.Length; field++)
        {
            if (WriteField(_kinds[field], rows.Column(s_fixed + field), row, output)) head.Present |= 1ul << field;
        }

        while ((output.Length - start) % 8 != 0) output.Put(0);
        head.Length = output.Length - start;
        output.Patch(start, MemoryMarshal.AsBytes(new ReadOnlySpan<RecordHeader>(in head)));
    }

    private RecordHeader ReadHead(NativeAnswer rows, int row)
    {
        var head = new RecordHeader
        {
            Kind = table.Schema.Id,
            TimeNanos = Fixed<long>(rows, ClickColumn.Time, row),
            FlowId = Fixed<ulong>(rows, ClickColumn.FlowId, row),
            Client = Fixed<Address>(rows, ClickColumn.SourceAddress, row),
            Server = Fixed<Address>(rows, ClickColumn.TargetAddress, row),
            ClientPort = Fixed<ushort>(rows, ClickColumn.SourcePort, row),
            ServerPort = Fixed<ushort>(rows, ClickColumn.TargetPort, row),
            OuterVlan = Fixed<ushort>(rows, ClickColumn.Vlan, row),
            InnerVlan = Fixed<ushort>(rows, ClickColumn.InnerVlan, row),
            Protocol = Fixed<byte>(rows, ClickColumn.Proto, row),
            Tunnel = (TunnelKind)Fixed<byte>(rows, ClickColumn.Tunnel, row),
            TunnelId = Fixed<uint>(rows, ClickColumn.TunnelId, row),
            App = AppOf(rows.Column((int)ClickColumn.App).Text(row)),
            Interface = OriginOf(
                rows.Column((int)ClickColumn.Node).Text(row), rows.Column((int)ClickColumn.Interface).Text(row)),
            ClientPeer = Registered(Fixed<uint>(rows, ClickColumn.ClientPeer, row)),
            ServerPeer = Registered(Fixed<uint>(rows, ClickColumn.ServerPeer, row)),
        };
        if (Fixed<byte>(rows, ClickColumn.Partial, row) != 0) head.Traits |= RecordTraits.Partial;
        if (Fixed<byte>(rows, ClickColumn.Malformed, row) != 0) head.Traits |= RecordTraits.Malformed;
        return head;
    }

    private uint Registered(uint own) => own < peers.Length ? peers[own] : Peers.Unnamed;

    private ushort OriginOf(ReadOnlySpan<byte> node, ReadOnlySpan<byte> name)
    {
        if (node.SequenceEqual(_lastNode) && name.SequenceEqual(_lastInterface)) return _lastOrigin;

        (_lastNode, _lastInterface) = (node.ToArray(), name.ToArray());
        return _lastOrigin = Origins.Add(Encoding.UTF8.GetString(node), Encoding.UTF8.GetString(name));
    }

    private ushort AppOf(ReadOnlySpan<byte> name)
    {
        if (name.IsEmpty) return Apps.Unknown;
        if (name.SequenceEqual(_lastApp)) return _lastAppNumber;

        _lastApp = name.ToArray();
        return _lastAppNumber = Apps.Names.Count < AppsMax ? Apps.Add(Encoding.UTF8.GetString(name)) : Apps.Unknown;
    }

    /// <returns>Whether the field is there.</returns>
    private static bool WriteField(FieldKind kind, NativeColumn column, int row, ByteWriter output)
    {
        if (kind is FieldKind.Texts or FieldKind.Numbers) return WriteList(kind, column, row, output);
        if (!column.IsThere(row)) return false;
        switch (kind)
        {
            case FieldKind.Flag:
                output.Put(column.Get<byte>(row));
                break;
            case FieldKind.Address:
                var address = column.Get<Address>(row);
                output.Put(MemoryMarshal.AsBytes(new ReadOnlySpan<Address>(in address)));
                break;
            case FieldKind.Text or FieldKind.Bytes:
                WriteText(column.Text(row), output);
                break;
            default:
                output.PutUInt64(column.Get<ulong>(row));
                break;
        }

        return true;
    }

    private static bool WriteList(FieldKind kind, NativeColumn column, int row, ByteWriter output)
    {
        var (first, count) = column.List(row);
        if (count == 0) return false;

        output.PutUInt16((ushort)count);
        if (kind == FieldKind.Numbers)
        {
            for (var index = first; index < first + count; index++) output.PutUInt64(column.Get<ulong>(index));
            return true;
        }

        var lengthAt = output.Length;
        output.PutUInt32(0);
        for (var index = first; index < first + count; index++) WriteText(column.Text(index), output);
        var length = output.Length - lengthAt - 4;
        output.Patch(lengthAt, MemoryMarshal.AsBytes(new ReadOnlySpan<int>(in length)));
        return true;
    }

    private static void WriteText(ReadOnlySpan<byte> text, ByteWriter output)
    {
        output.PutUInt16((ushort)text.Length);
        output.Put(text);
    }

    private static T Fixed<T>(NativeAnswer rows, ClickColumn column, int row) where T : unmanaged =>
        rows.Column((int)column).Get<T>(row);
}
