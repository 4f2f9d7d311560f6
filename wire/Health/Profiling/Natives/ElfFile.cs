using System.Buffers.Binary;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace NetSniff.Wire.Health.Profiling.Natives;

/// <summary>Reads what is at a place into a span.</summary>
/// <returns>How much there was; 0 past the end and where reading failed.</returns>
internal delegate int ReadAt(Span<byte> into, long offset);

/// <summary>The parts of an ELF file (gABI, 64 bits, little-endian) that say what an address is. A file that is none,
/// or is damaged, has no segments, no symbols and no frames.</summary>
internal sealed class ElfFile : IDisposable
{
    private const int HeaderBytes = 64, SegmentBytes = 56, SectionBytes = 64, SymbolBytes = 24;
    private const int SegmentsMax = 256, SectionsMax = 4096;
    private const int SymbolsMax = 4_000_000;
    private const int NameBytesMax = 1024;

    /// <summary>Looks at addresses, of all symbols together. In a library that is whole there are about as many as
    /// addresses; where all symbols claim all of it there would be no end.</summary>
    private const int LooksMax = 16_000_000;

    private const uint Load = 1, FrameHeader = 0x6474e550; // PT_LOAD, PT_GNU_EH_FRAME
    private const uint AllSymbols = 2, DynamicSymbols = 11; // SHT_SYMTAB, SHT_DYNSYM
    private const int Function = 2, IndirectFunction = 10; // STT_FUNC, STT_GNU_IFUNC

    private readonly ReadAt _read;
    private readonly SafeFileHandle? _handle;
    private readonly List<Segment> _segments = [];
    private Segment _frames;

    // Of the largest segment: no function is larger.
    private ulong _sizeMax;
    private Section _symbols;
    private Section _names;

    public ElfFile(ReadAt read)
    {
        _read = read;
        ReadHeader();
    }

    private ElfFile(SafeFileHandle handle)
        : this((into, offset) => RandomAccess.Read(handle, into, offset)) => _handle = handle;

    private readonly record struct Segment(ulong Offset, ulong Address, ulong FileSize);

    private readonly record struct Section(ulong Offset, ulong Size);

    public bool IsElf => _segments.Count > 0;

    /// <summary>Where .eh_frame_hdr is loaded, 0 if there is none.</summary>
    public ulong FramesAddress => _frames.Address;

    public int FramesBytes => (int)Math.Min(_frames.FileSize, int.MaxValue);

    public static ElfFile? Open(string path)
    {
        try
        {
            return new ElfFile(File.OpenHandle(path));
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    public void Dispose() => _handle?.Dispose();

    /// <summary>Fills as much as there is.</summary>
    public int Read(Span<byte> into, ulong offset)
    {
        if (offset > long.MaxValue - (ulong)into.Length) return 0;

        try
        {
            var (total, count) = (0, 0);
            do
            {
                count = _read(into[total..], (long)offset + total);
                total += count;
            }
            while (count > 0 && total < into.Length);
            return total;
        }
        catch (IOException)
        {
            return 0;
        }
    }

    /// <summary>The address as the file has it, of a place in the file that is loaded.</summary>
    public ulong? AddressOf(ulong offset)
    {
        foreach (var segment in _segments)
        {
            if (offset - segment.Offset < segment.FileSize) return segment.Address + (offset - segment.Offset);
        }

        return null;
    }

    public ulong? OffsetOf(ulong address)
    {
        foreach (var segment in _segments)
        {
            if (address - segment.Address < segment.FileSize) return segment.Offset + (address - segment.Address);
        }

        return null;
    }

    /// <summary>The names of the functions that addresses of the file lie in; null where there is none.</summary>
    /// <param name="addresses">In order.</param>
    public string?[] FunctionsAt(ReadOnlySpan<ulong> addresses, CancellationToken cancel)
    {
        var looks = LooksMax;
        var names = new string?[addresses.Length];
        var count = (long)Math.Min(_symbols.Size / SymbolBytes, SymbolsMax);
        var chunk = new byte[SymbolBytes * 2048];
        for (var read = 0L; read < count;)
        {
            cancel.ThrowIfCancellationRequested();
            var wanted = (int)Math.Min(count - read, chunk.Length / SymbolBytes) * SymbolBytes;
            var got = Read(chunk.AsSpan(0, wanted), _symbols.Offset + (ulong)(read * SymbolBytes)) / SymbolBytes;
            if (got == 0) break;

            for (var index = 0; index < got && looks > 0; index++)
            {
                looks -= Match(chunk.AsSpan(index * SymbolBytes, SymbolBytes), addresses, names);
            }

            if (looks <= 0) break;
            read += got;
        }

        return names;
    }

    /// <returns>How many addresses were looked at.</returns>
    private int Match(ReadOnlySpan<byte> symbol, ReadOnlySpan<ulong> addresses, string?[] names)
    {
        if ((symbol[4] & 0xF) is not (Function or IndirectFunction)) return 0;

        var start = BinaryPrimitives.ReadUInt64LittleEndian(symbol[8..]);
        var size = BinaryPrimitives.ReadUInt64LittleEndian(symbol[16..]);
        if (size > _sizeMax) return 0;

        var first = addresses.BinarySearch(start);
        if (first < 0) first = ~first;
        var index = first;
        string? name = null;
        for (; index < addresses.Length && addresses[index] - start < size; index++)
        {
            if (names[index] is not null) continue;
            name ??= NameAt(BinaryPrimitives.ReadUInt32LittleEndian(symbol));
            if (name is null) break;
            names[index] = name;
        }

        return index - first;
    }

    private string? NameAt(uint offset)
    {
        if (offset >= _names.Size) return null;

        Span<byte> bytes = stackalloc byte[NameBytesMax];
        bytes = bytes[..Read(bytes, _names.Offset + offset)];
        var end = bytes.IndexOf((byte)0);
        return end > 0 ? Encoding.ASCII.GetString(bytes[..end]) : null;
    }

    private void ReadHeader()
    {
        Span<byte> header = stackalloc byte[HeaderBytes];
        // Magic, 64 bits, little-endian.
        if (Read(header, 0) < HeaderBytes || !header[..6].SequenceEqual("\u007fELF\u0002\u0001"u8)) return;

        var segments = BinaryPrimitives.ReadUInt64LittleEndian(header[32..]);
        var sections = BinaryPrimitives.ReadUInt64LittleEndian(header[40..]);
        int segmentBytes = BinaryPrimitives.ReadUInt16LittleEndian(header[54..]);
        int segmentCount = BinaryPrimitives.ReadUInt16LittleEndian(header[56..]);
        int sectionBytes = BinaryPrimitives.ReadUInt16LittleEndian(header[58..]);
        int sectionCount = BinaryPrimitives.ReadUInt16LittleEndian(header[60..]);
        if (segmentBytes == SegmentBytes) ReadSegments(segments, Math.Min(segmentCount, SegmentsMax));
        if (sectionBytes == SectionBytes) ReadSections(sections, Math.Min(sectionCount, SectionsMax));
    }

    private void ReadSegments(ulong offset, int count)
    {
        Span<byte> bytes = stackalloc byte[SegmentBytes];
        for (var index = 0; index < count; index++)
        {
            if (Read(bytes, offset + (ulong)(index * SegmentBytes)) < SegmentBytes) return;

            var segment = new Segment(
                BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]),
                BinaryPrimitives.ReadUInt64LittleEndian(bytes[16..]),
                BinaryPrimitives.ReadUInt64LittleEndian(bytes[32..]));
            switch (BinaryPrimitives.ReadUInt32LittleEndian(bytes))
            {
                case Load:
                    _segments.Add(segment);
                    _sizeMax = Math.Max(_sizeMax, segment.FileSize);
                    break;
                case FrameHeader:
                    _frames = segment;
                    break;
            }
        }
    }

    /// <summary>All symbols if the file has them, else those it gives to others.</summary>
    private void ReadSections(ulong offset, int count)
    {
        Span<byte> bytes = stackalloc byte[SectionBytes];
        for (var index = 0; index < count; index++)
        {
            if (Read(bytes, offset + (ulong)(index * SectionBytes)) < SectionBytes) return;

            var kind = BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]);
            if (kind != AllSymbols && (kind != DynamicSymbols || _symbols.Size > 0)) continue;

            _symbols = SectionOf(bytes);
            var names = BinaryPrimitives.ReadUInt32LittleEndian(bytes[40..]);
            var isRead = names < count && Read(bytes, offset + names * (ulong)SectionBytes) == SectionBytes;
            _names = isRead ? SectionOf(bytes) : default;
            if (kind == AllSymbols) return;
        }
    }

    private static Section SectionOf(ReadOnlySpan<byte> bytes) => new(
        BinaryPrimitives.ReadUInt64LittleEndian(bytes[24..]), BinaryPrimitives.ReadUInt64LittleEndian(bytes[32..]));
}
