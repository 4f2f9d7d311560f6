using NetSniff.Buffers;

namespace NetSniff.Protocols.Dns;

/// <summary>What an OPT record says, RFC 6891 section 6.1.</summary>
internal struct DnsEdns()
{
    private const ushort OptionClientSubnet = 8;
    private const int SubnetBytes = 64;

    private readonly byte[] _subnet = new byte[SubnetBytes];
    private int _subnetLength;

    public bool IsThere { get; private set; }
    public byte Version { get; private set; }
    public ushort BytesMax { get; private set; }
    public bool IsDnssecOk { get; private set; }

    /// <summary>The upper eight bits of the response code, in their place.</summary>
    public uint RcodeHigh { get; private set; }

    public readonly ReadOnlySpan<byte> ClientSubnet => _subnet.AsSpan(0, _subnetLength);

    public void Clear()
    {
        if (!IsThere) return;

        (IsThere, Version, BytesMax, IsDnssecOk, RcodeHigh, _subnetLength) = (false, 0, 0, false, 0, 0);
    }

    public DnsProblem Read(ReadOnlySpan<byte> message, in DnsEntry record)
    {
        if (IsThere) return DnsProblem.Edns;

        IsThere = true;
        BytesMax = record.RawClass;
        RcodeHigh = record.Ttl >> 24 << 4;
        Version = (byte)(record.Ttl >> 16);
        IsDnssecOk = (record.Ttl & 0x8000) != 0;
        var reader = new ByteReader(message[record.DataStart..record.End]);
        while (reader.Remaining > 0 && !reader.RanShort)
        {
            var option = reader.ReadUInt16();
            var value = reader.Take(reader.ReadUInt16());
            if (option == OptionClientSubnet) ReadSubnet(value);
        }

        return reader.RanShort ? DnsProblem.Data : DnsProblem.None;
    }

    /// <summary>RFC 7871 section 6: the address is cut to the octets its prefix needs.</summary>
    private void ReadSubnet(ReadOnlySpan<byte> value)
    {
        if (value.Length < 4 || _subnetLength > 0) return;

        Span<byte> address = stackalloc byte[16];
        address.Clear();
        var size = value[1] switch { 1 => 4, 2 => 16, _ => 0 };
        if (size < value.Length - 4 || size == 0) return;

        value[4..].CopyTo(address);
        var text = new DnsText(_subnet);
        text.Address(address[..size]);
        text.Byte((byte)'/');
        text.Number(value[2]);
        _subnetLength = text.Length;
    }
}
