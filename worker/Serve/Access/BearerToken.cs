using System.Security.Cryptography;
using System.Text;

namespace NetSniff.Worker.Serve.Access;

/// <summary>A secret in a file, read again when the file has changed.</summary>
public sealed class BearerToken(string path, TimeProvider clock)
{
    /// <summary>Shorter ones could be guessed, so they let nobody in.</summary>
    public const int LengthMin = 16;

    private const int LengthMax = 4096;

    private static readonly TimeSpan s_lookAgain = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private byte[]? _hash;
    private DateTime _changed;
    private long _looked;

    /// <summary>Whether this is the secret. Takes as long for a near miss as for a far one.</summary>
    public bool Accepts(string given)
    {
        if (given.Length > LengthMax || Hash() is not { } hash) return false;

        return CryptographicOperations.FixedTimeEquals(hash, SHA256.HashData(Encoding.UTF8.GetBytes(given)));
    }

    private byte[]? Hash()
    {
        lock (_lock)
        {
            if (_looked != 0 && clock.GetElapsedTime(_looked) < s_lookAgain) return _hash;

            _looked = clock.GetTimestamp();
            try
            {
                var changed = File.GetLastWriteTimeUtc(path);
                if (changed == _changed) return _hash;

                _changed = changed;
                var token = File.Exists(path) ? File.ReadAllText(path).Trim() : "";
                _hash = token.Length is >= LengthMin and <= LengthMax
                    ? SHA256.HashData(Encoding.UTF8.GetBytes(token))
                    : null;
            }
            catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
            {
                // Being replaced; the one that was read last holds until it can be read.
                _changed = default;
            }

            return _hash;
        }
    }
}
