using NetSniff.Wire.V1;
using ZstdSharp;

namespace NetSniff.Wire.Delivery;

/// <summary>Compresses batches. One thread; keeps its memory.</summary>
public sealed class BatchPacker : IDisposable
{
    private readonly Compressor _compressor;
    private byte[] _packed = [];

    /// <param name="level">Of zstd; see docs/delivery.md for what each costs and saves.</param>
    public BatchPacker(int level = LevelDefault)
    {
        _compressor = new Compressor(level);
    }

    public const int LevelDefault = 1;

    /// <returns>Lent until the next call.</returns>
    public ReadOnlySpan<byte> Pack(ReadOnlySpan<byte> batch)
    {
        var bound = Compressor.GetCompressBound(batch.Length);
        if (_packed.Length < bound) _packed = new byte[bound];
        return _packed.AsSpan(0, _compressor.Wrap(batch, _packed));
    }

    public void Dispose() => _compressor.Dispose();
}

/// <summary>Unpacks batches. One thread; keeps its memory.</summary>
public sealed class BatchUnpacker : IDisposable
{
    /// <summary>No batch is larger when it is unpacked, bytes.</summary>
    public const int UnpackedBytesMax = 16 << 20;

    private readonly Decompressor _decompressor = new();
    private byte[] _unpacked = [];

    /// <param name="unpackedBytes">As the sender says; it is not believed.</param>
    /// <param name="batch">Lent until the next call.</param>
    /// <returns>False when it is damaged.</returns>
    public bool TryUnpack(
        ReadOnlySpan<byte> payload, Compression compression, uint unpackedBytes, out ReadOnlySpan<byte> batch)
    {
        batch = payload;
        if (compression == Compression.None) return true;
        if (compression != Compression.Zstd || unpackedBytes > UnpackedBytesMax) return false;

        if (_unpacked.Length < unpackedBytes) _unpacked = new byte[unpackedBytes];
        try
        {
            var isFine = _decompressor.TryUnwrap(payload, _unpacked.AsSpan(0, (int)unpackedBytes), out var written);
            batch = _unpacked.AsSpan(0, written);
            return isFine && written == unpackedBytes;
        }
        catch (ZstdException)
        {
            return false;
        }
    }

    public void Dispose() => _decompressor.Dispose();
}
