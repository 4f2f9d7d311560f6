using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using NetSniff.Records;

namespace NetSniff.Protocols.Dns;

/// <summary>The records of one section as parallel lists, in lent room. Once one does not fit, no later one is listed,
/// so the lists never go out of step.</summary>
internal ref struct DnsSection(Span<byte> names, Span<byte> data, Span<ulong> types, Span<ulong> ttls)
{
    private const int LengthSize = 2;
    private const ushort NameAtHeader = 0xC000 | DnsHeader.Size;

    private readonly Span<byte> _names = names;
    private readonly Span<byte> _data = data;
    private readonly Span<ulong> _types = types;
    private readonly Span<ulong> _ttls = ttls;
    private int _namesUsed;
    private int _dataUsed;
    private int _count;

    public bool IsCut { get; private set; }

    public readonly TextList Names
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => new(_names[.._namesUsed], _count);
    }

    public readonly TextList Data
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => new(_data[.._dataUsed], _count);
    }

    public readonly ReadOnlySpan<ulong> Types => _types[.._count];

    public readonly ReadOnlySpan<ulong> Ttls => _ttls[.._count];

    /// <summary>Lists one record.</summary>
    /// <param name="message">The whole message.</param>
    /// <param name="record">Where the record is and what its fixed part says.</param>
    /// <param name="questionName">Text of the name right behind the header, which most answers point to.</param>
    public DnsProblem Add(ReadOnlySpan<byte> message, in DnsEntry record, ReadOnlySpan<byte> questionName)
    {
        if (IsCut) return DnsProblem.None;

        var names = Room(_names, _namesUsed);
        var problem = DnsProblem.None;
        if (!questionName.IsEmpty && BinaryPrimitives.ReadUInt16BigEndian(message[record.Start..]) == NameAtHeader)
        {
            names.Raw(questionName);
        }
        else
        {
            DnsName.Write(message, record.Start, ref names, out problem);
        }

        var data = Room(_data, _dataUsed);
        var ownerProblem = problem;
        problem = DnsData.Write(message[..record.End], record.DataStart, record.Type, record.Class, ref data);
        Keep(in record, names, data);
        return ownerProblem != DnsProblem.None ? ownerProblem : problem;
    }

    private void Keep(in DnsEntry record, DnsText name, DnsText data)
    {
        if (name.IsCut || data.IsCut || _count == _types.Length
            || _namesUsed + LengthSize > _names.Length || _dataUsed + LengthSize > _data.Length)
        {
            IsCut = true;
            return;
        }

        BinaryPrimitives.WriteUInt16LittleEndian(_names[_namesUsed..], (ushort)name.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(_data[_dataUsed..], (ushort)data.Length);
        _namesUsed += LengthSize + name.Length;
        _dataUsed += LengthSize + data.Length;
        _types[_count] = record.Type;
        _ttls[_count++] = record.Ttl;
    }

    private static DnsText Room(Span<byte> room, int used) =>
        new(room[Math.Min(used + LengthSize, room.Length)..]);
}

/// <summary>The fixed part of a resource record, RFC 1035 section 4.1.3, and where its pieces are.</summary>
internal readonly ref struct DnsEntry
{
    private const int FixedSize = 10;

    /// <summary>Top bit of an mDNS record's class: the only one of its set (RFC 6762 section 10.2).</summary>
    private const ushort CacheFlush = 0x8000;

    public int Start { get; private init; }
    public int DataStart { get; private init; }
    public int End { get; private init; }
    public ushort Type { get; private init; }

    /// <summary>As on the wire: of OPT it is a size.</summary>
    public ushort RawClass { get; private init; }
    public uint Ttl { get; private init; }

    public ushort Class => (ushort)(RawClass & ~CacheFlush);

    public static bool TryRead(ReadOnlySpan<byte> message, int position, out DnsEntry record, out DnsProblem problem)
    {
        record = default;
        var behind = DnsName.Skip(message, position, out problem);
        if (behind < 0) return false;

        if (message.Length - behind < FixedSize)
        {
            problem = DnsProblem.Short;
            return false;
        }

        var part = message.Slice(behind, FixedSize);
        var length = BinaryPrimitives.ReadUInt16BigEndian(part[8..]);
        record = new DnsEntry
        {
            Start = position,
            DataStart = behind + FixedSize,
            End = behind + FixedSize + length,
            Type = BinaryPrimitives.ReadUInt16BigEndian(part),
            RawClass = BinaryPrimitives.ReadUInt16BigEndian(part[2..]),
            Ttl = BinaryPrimitives.ReadUInt32BigEndian(part[4..]),
        };
        if (record.End <= message.Length) return true;

        problem = DnsProblem.Short;
        return false;
    }
}
