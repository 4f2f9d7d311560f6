using System.Runtime.InteropServices;

namespace NetSniff.Worker.Store.DuckDb;

/// <summary>Memory that stays where it is, for the texts of one chunk that had to be rewritten.</summary>
internal sealed unsafe class OctetScratch : IDisposable
{
    private const int BlockBytes = 1 << 20;

    private readonly List<IntPtr> _blocks = [];
    private int _block = -1;
    private int _used;

    /// <param name="bytes">At most <see cref="BlockBytes"/>.</param>
    public byte* Take(int bytes)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes, BlockBytes);
        if (_block < 0 || _used + bytes > BlockBytes)
        {
            _used = 0;
            if (++_block == _blocks.Count) _blocks.Add((IntPtr)NativeMemory.Alloc(BlockBytes));
        }

        _used += bytes;
        return (byte*)_blocks[_block] + _used - bytes;
    }

    public void Clear() => (_block, _used) = (-1, 0);

    public void Dispose()
    {
        foreach (var block in _blocks) NativeMemory.Free((void*)block);
        _blocks.Clear();
        Clear();
    }
}
