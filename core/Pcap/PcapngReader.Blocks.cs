using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using NetSniff.Packets;

namespace NetSniff.Pcap;

public sealed unsafe partial class PcapngReader
{
    /// <summary>Interfaces told apart; those beyond share the last place.</summary>
    public const int InterfacesMax = ushort.MaxValue;

    public const int NamesMax = 65_536;

    /// <summary>Longest name of a host kept (RFC 1035 section 2.3.4).</summary>
    public const int NameBytesMax = 255;

    public const int KeyLogBytesMax = 4 << 20;

    private const uint TlsKeyLogSecrets = 0x544C_534B;
    private const int MajorVersion = 1;
    private const int SectionBlockBytesMin = 16 + BlockBytesMin;
    private const int InterfaceBlockBytesMin = 8 + BlockBytesMin;
    private const int StatisticsBlockBytesMin = 12 + BlockBytesMin;
    private const int SecretsBlockBytesMin = 8 + BlockBytesMin;

    private readonly InterfaceRow _interfaces = new();
    private readonly Dictionary<(int, CaptureInterface, byte, long), ushort> _places = [];
    private readonly Dictionary<ushort, InterfaceStatistics> _statistics = [];
    private readonly Dictionary<uint, long> _sectionDrops = [];
    private readonly Dictionary<Address, string> _names = [];
    private readonly ArrayBufferWriter<byte> _keyLog = new();
    private SectionInterface[] _section = new SectionInterface[4];
    private int _sectionCount;
    private long _dropsBefore;

    public override IReadOnlyList<CaptureInterface> Interfaces => _interfaces;

    /// <summary>What the file calls its addresses (name resolution blocks).</summary>
    public IReadOnlyDictionary<Address, string> Names => _names;

    /// <summary>The last statistics of each interface, by its place in <see cref="Interfaces"/>.</summary>
    public IReadOnlyDictionary<ushort, InterfaceStatistics> Statistics => _statistics;

    /// <summary>Frames that never got into the file: what the last statistics of each interface say, over all sections.
    /// </summary>
    public long RecordedDrops
    {
        get
        {
            var drops = _dropsBefore;
            foreach (var count in _sectionDrops.Values) drops = Sum(drops, count);
            return drops;
        }
    }

    /// <summary>Lines in the format of SSLKEYLOGFILE, as the decryption secrets blocks hold them.</summary>
    public ReadOnlySpan<byte> TlsKeyLog => _keyLog.WrittenSpan;

    public long SecretsBlocks { get; private set; }

    /// <summary>Secrets of another kind, or beyond <see cref="KeyLogBytesMax"/>.</summary>
    public long SecretsBlocksSkipped { get; private set; }

    /// <summary>Blocks of types we do not read.</summary>
    public long BlocksSkipped { get; private set; }

    /// <summary>Option lists that leave their block; the options before the fault count.</summary>
    public long OptionsBroken { get; private set; }

    public long NamesSkipped { get; private set; }

    /// <summary>Interfaces beyond <see cref="InterfacesMax"/>.</summary>
    public long InterfacesUnlisted { get; private set; }

    private readonly record struct SectionInterface(
        ushort Index, LinkType LinkType, int SnapLengthMax, TimeScale Scale);

    private bool TryReadBlock<TOrder>(uint type, byte* block, int total, long position)
        where TOrder : struct, IByteOrder
    {
        switch (type)
        {
            case SectionHeader: return TryReadSection<TOrder>(block, total, position);
            case InterfaceDescription: return TryReadInterface<TOrder>(block, total, position);
            case InterfaceStatisticsBlock: ReadStatistics<TOrder>(block, total); return true;
            case NameResolution: ReadNames<TOrder>(block, total); return true;
            default: ReadSecrets<TOrder>(block, total); return true;
        }
    }

    private bool TryReadSection<TOrder>(byte* block, int total, long position) where TOrder : struct, IByteOrder
    {
        if (total < SectionBlockBytesMin)
        {
            Fail(PcapProblemKind.BlockTooShort, position, total, SectionBlockBytesMin);
            return false;
        }

        // The length of the section is for skipping it, which we do not, so it need not be believed.
        var major = TOrder.UInt16(block + 12);
        if (major != MajorVersion)
        {
            Fail(PcapProblemKind.UnknownVersion, position, major, MajorVersion);
            return false;
        }

        _sectionCount = 0;
        _dropsBefore = RecordedDrops;
        _sectionDrops.Clear();
        return true;
    }

    private bool TryReadInterface<TOrder>(byte* block, int total, long position) where TOrder : struct, IByteOrder
    {
        if (total < InterfaceBlockBytesMin)
        {
            Fail(PcapProblemKind.BlockTooShort, position, total, InterfaceBlockBytesMin);
            return false;
        }

        if (_sectionCount == InterfacesMax)
        {
            InterfacesUnlisted++;
            return true;
        }

        var (name, resolution, offsetSeconds) = ("", (byte)6, 0L);
        var options = new PcapngOptions<TOrder>(block + 16, total - InterfaceBlockBytesMin);
        while (options.TryNext(out var code, out var value))
        {
            switch (code)
            {
                case 2: name = Encoding.UTF8.GetString(value[..Math.Min(value.Length, NameBytesMax)]); break;
                case 9 when value.Length == 1: resolution = value[0]; break;
                case 14 when value.Length == 8: offsetSeconds = (long)PcapngOptions<TOrder>.UInt64(value); break;
            }
        }

        if (options.IsBroken) OptionsBroken++;
        var snapLength = TOrder.UInt32(block + 12);
        var snapLengthMax = snapLength is 0 or > FrameBytesMax ? FrameBytesMax : (int)snapLength;
        var described = new CaptureInterface(name, (LinkType)TOrder.UInt16(block + 8), snapLengthMax);
        var place = PlaceOf(described, resolution, offsetSeconds);
        if (_sectionCount == _section.Length) Array.Resize(ref _section, _section.Length * 2);
        _section[_sectionCount++] = new SectionInterface(
            place, described.LinkType, snapLengthMax, new TimeScale(resolution, offsetSeconds));
        return true;
    }

    /// <summary>Files joined from many describe the same interfaces in every section; they get one place.</summary>
    private ushort PlaceOf(CaptureInterface described, byte resolution, long offsetSeconds)
    {
        var key = (_sectionCount, described, resolution, offsetSeconds);
        if (_places.TryGetValue(key, out var place)) return place;
        if (_interfaces.Count == InterfacesMax)
        {
            InterfacesUnlisted++;
            return InterfacesMax - 1;
        }

        place = (ushort)_interfaces.Count;
        _places.Add(key, place);
        _interfaces.Add(described);
        return place;
    }

    private void ReadStatistics<TOrder>(byte* block, int total) where TOrder : struct, IByteOrder
    {
        if (total < StatisticsBlockBytesMin || TOrder.UInt32(block + 8) >= (uint)_sectionCount)
        {
            OptionsBroken++;
            return;
        }

        var statistics = default(InterfaceStatistics);
        var options = new PcapngOptions<TOrder>(block + 20, total - StatisticsBlockBytesMin);
        while (options.TryNext(out var code, out var value))
        {
            if (value.Length != 8) continue;

            var count = (long)PcapngOptions<TOrder>.UInt64(value);
            statistics = code switch
            {
                4 => statistics with { Received = count },
                5 => statistics with { Dropped = count },
                6 => statistics with { FilterAccepted = count },
                7 => statistics with { DroppedBySystem = count },
                8 => statistics with { Delivered = count },
                _ => statistics,
            };
        }

        if (options.IsBroken) OptionsBroken++;
        var number = TOrder.UInt32(block + 8);
        _statistics[_section[number].Index] = statistics;
        _sectionDrops[number] = Sum(statistics.Dropped ?? 0, statistics.DroppedBySystem ?? 0);
    }

    // Counts of 64 bits that a stranger wrote: below zero is nothing, and a sum stops at the most there is.
    private static long Sum(long left, long right)
    {
        var (first, second) = (Math.Max(left, 0), Math.Max(right, 0));
        return first > long.MaxValue - second ? long.MaxValue : first + second;
    }

    private void ReadNames<TOrder>(byte* block, int total) where TOrder : struct, IByteOrder
    {
        // Records look like options: type 1 is an IPv4 address and its names, type 2 an IPv6 one.
        var records = new PcapngOptions<TOrder>(block + HeaderBytes, total - BlockBytesMin);
        while (records.TryNext(out var type, out var value))
        {
            var size = type switch { 1 => 4, 2 => 16, _ => 0 };
            if (size == 0) continue;

            var names = value.Length > size ? value[size..] : default;
            var end = names.IndexOf((byte)0);
            var name = end < 0 ? names : names[..end];
            if (name.IsEmpty || name.Length > NameBytesMax || _names.Count >= NamesMax)
            {
                NamesSkipped++;
                continue;
            }

            _names[Address.FromBytes(value[..size])] = Encoding.UTF8.GetString(name);
        }

        if (records.IsBroken) OptionsBroken++;
    }

    private void ReadSecrets<TOrder>(byte* block, int total) where TOrder : struct, IByteOrder
    {
        SecretsBlocks++;
        var length = total < SecretsBlockBytesMin ? 0 : TOrder.UInt32(block + 12);
        if (length == 0 || length > total - SecretsBlockBytesMin || TOrder.UInt32(block + 8) != TlsKeyLogSecrets ||
            _keyLog.WrittenCount + length > KeyLogBytesMax)
        {
            SecretsBlocksSkipped++;
            return;
        }

        _keyLog.Write(new ReadOnlySpan<byte>(block + 16, (int)length));
    }
}

/// <summary>The options at the end of a block: code, length and value, padded to four bytes.</summary>
internal unsafe ref struct PcapngOptions<TOrder>(byte* start, int length) where TOrder : struct, IByteOrder
{
    private const int HeaderBytes = 4;

    private byte* _next = start;
    private int _left = length;

    /// <summary>An option reaches beyond its block.</summary>
    public bool IsBroken { get; private set; }

    public bool TryNext(out ushort code, out ReadOnlySpan<byte> value)
    {
        code = 0;
        value = default;
        if (_left < HeaderBytes) return false; // the end mark may be left out

        code = TOrder.UInt16(_next);
        var valueLength = TOrder.UInt16(_next + 2);
        if (code == 0) return false;

        var padded = HeaderBytes + ((valueLength + 3) & ~3);
        if (padded > _left)
        {
            IsBroken = true;
            return false;
        }

        value = new ReadOnlySpan<byte>(_next + HeaderBytes, valueLength);
        _next += padded;
        _left -= padded;
        return true;
    }

    public static ulong UInt64(ReadOnlySpan<byte> value)
    {
        var plain = BinaryPrimitives.ReadUInt64LittleEndian(value);
        var isSwapped = typeof(TOrder) == typeof(SwappedOrder);
        return isSwapped == BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(plain) : plain;
    }
}
