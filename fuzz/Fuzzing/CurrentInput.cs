using System.Buffers.Binary;
using System.IO.MemoryMappedFiles;
using System.Text;

namespace NetSniff.Fuzz.Fuzzing;

/// <summary>The input that runs now, in a mapped file: it is still there when the process is not.</summary>
internal sealed unsafe class CurrentInput : IDisposable
{
    private const int Bytes = 4 << 20;
    private const int NameBytes = 64;
    private const int HeadBytes = NameBytes + 4;

    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly byte* _start;

    public CurrentInput(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        _file = MemoryMappedFile.CreateFromFile(path, FileMode.Create, null, Bytes);
        _view = _file.CreateViewAccessor();
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _start);
    }

    public void Set(string target, FuzzInput input)
    {
        var whole = new Span<byte>(_start, Bytes);
        whole[..NameBytes].Clear();
        Encoding.UTF8.TryGetBytes(target, whole[..NameBytes], out _);
        var length = input.WriteTo(whole[HeadBytes..]);
        BinaryPrimitives.WriteInt32LittleEndian(whole[NameBytes..], length);
    }

    /// <summary>No input runs.</summary>
    public void Clear() => new Span<byte>(_start, NameBytes).Clear();

    /// <summary>What ran when the process that wrote the file ended; null when none did.</summary>
    public static (string Target, FuzzInput Input)? Read(string path)
    {
        if (!File.Exists(path)) return null;

        var whole = File.ReadAllBytes(path);
        var target = Encoding.UTF8.GetString(whole.AsSpan(0, NameBytes)).TrimEnd('\0');
        var length = BinaryPrimitives.ReadInt32LittleEndian(whole.AsSpan(NameBytes));
        return target.Length == 0 ? null : (target, FuzzInput.Parse(whole.AsSpan(HeadBytes, length)));
    }

    public void Dispose()
    {
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _file.Dispose();
    }
}
