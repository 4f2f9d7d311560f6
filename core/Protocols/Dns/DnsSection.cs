using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using NetSniff.Records;

namespace NetSniff.Protocols.Dns;

/// <summary>The records of one section as parallel lists, in room that is kept. Once one does not fit, no later one is
/// listed, so the lists never go out of step.</summary>
/// <param name="bytes">Room of names and data together.</param>
/// <param name="recordsMax">Records listed.</param>
internal struct DnsSection(int bytes, int recordsMax)
{
    /// <summary>Of a section's bytes this share holds names, the rest data: one part in three.</summary>
    private const int NamesShare = 3;

    /// <summary>A pointer, type, class, time to live, length, address.</summary>
    public const int AddressRecordSize = 16;

    private const ushort NameAtHeader = 0xC000 | DnsHeader.Size;

    private readonly ulong[] _types = new ulong[recordsMax];
    private readonly ulong[] _ttls = new ulong[recordsMax];
    private DnsTexts _names = new(bytes / NamesShare);
    private DnsTexts _data = new(bytes - bytes / NamesShare);
    private int _count;

    public bool IsCut { get; private set; }

    public readonly TextList Names => _names.List;

    public readonly TextList Data => _data.List;

    public readonly ReadOnlySpan<ulong> Types => Counted(_types);

    public readonly ReadOnlySpan<ulong> Ttls => Counted(_ttls);

    public void Clear()
    {
        if (_count == 0 && !IsCut) return;

        _names.Clear();
        _data.Clear();
        (_count, IsCut) = (0, false);
    }

    /// <summary>Lists one record.</summary>
    /// <param name="message">The whole message.</param>
    /// <param name="record">Where the record is and what its fixed part says.</param>
    /// <param name="questionName">Text of the name right behind the header, which most answers point to.</param>
    public DnsProblem Add(ReadOnlySpan<byte> message, in DnsEntry record, ReadOnlySpan<byte> questionName)
    {
        if (IsCut) return DnsProblem.None;

        var name = _names.Next;
        var problem = DnsProblem.None;
        if (!questionName.IsEmpty && BinaryPrimitives.ReadUInt16BigEndian(message[record.Start..]) == NameAtHeader)
        {
            name.Raw(questionName);
        }
        else
        {
            DnsName.Write(message, record.Start, ref name, out problem);
        }

        var data = _data.Next;
        var ownerProblem = problem;
        problem = DnsData.Write(message[..record.End], record.DataStart, record.Type, record.Class, ref data);
        Keep(in record, name, data);
        return ownerProblem != DnsProblem.None ? ownerProblem : problem;
    }

    /// <summary>Lists a record if it is what most answers are: an IPv4 address of the name asked for.</summary>
    /// <param name="record">The record and what is behind it.</param>
    public bool TryAddAddress(ReadOnlySpan<byte> record, ReadOnlySpan<byte> questionName)
    {
        const ulong PointerTypeClass = (ulong)NameAtHeader << 32 | DnsTypes.A << 16 | DnsData.ClassInternet;
        const int TtlStart = 6, LengthStart = 10, DataStart = 12;
        if (record.Length < AddressRecordSize
            || BinaryPrimitives.ReadUInt64BigEndian(record) >> 16 != PointerTypeClass
            || BinaryPrimitives.ReadUInt16BigEndian(record[LengthStart..]) != Quads.Octets
            || questionName.IsEmpty || IsCut || _count == _types.Length
            || _names.Left < questionName.Length || _data.Left < Quads.TextBytesMax)
        {
            return false;
        }

        _names.Add(questionName);
        _data.AddQuad(record.Slice(DataStart, Quads.Octets));
        _types[_count] = DnsTypes.A;
        _ttls[_count++] = BinaryPrimitives.ReadUInt32BigEndian(record[TtlStart..]);
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly ReadOnlySpan<ulong> Counted(ulong[] numbers) =>
        MemoryMarshal.CreateReadOnlySpan(ref MemoryMarshal.GetArrayDataReference(numbers), _count);

    private void Keep(in DnsEntry record, DnsText name, DnsText data)
    {
        if (name.IsCut || data.IsCut || _count == _types.Length || _names.Left < 0 || _data.Left < 0)
        {
            IsCut = true;
            return;
        }

        _names.Keep(name.Length);
        _data.Keep(data.Length);
        _types[_count] = record.Type;
        _ttls[_count++] = record.Ttl;
    }
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
