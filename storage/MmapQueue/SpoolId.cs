using System.Security.Cryptography;
using System.Text;

namespace NetSniff.Storage.MmapQueue;

/// <summary>Who a spool is, however often its program starts.</summary>
internal static class SpoolId
{
    private const string FileName = "id";
    private const int Digits = 32;

    /// <exception cref="IOException">The file is there and is no id: the names of what was sent would be lost with it.
    /// </exception>
    public static string Of(string folder)
    {
        var path = Path.Combine(folder, FileName);
        if (File.Exists(path))
        {
            var known = File.ReadAllText(path).Trim();
            return known.Length == Digits && known.All(char.IsAsciiHexDigitLower)
                ? known
                : throw new IOException($"{path} is damaged: restore it, or give up the spool by deleting its folder");
        }

        var id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(Digits / 2));
        var draft = path + ".new";
        using (var file = new FileStream(draft, FileMode.Create, FileAccess.Write))
        {
            file.Write(Encoding.ASCII.GetBytes(id));
            file.Flush(flushToDisk: true);
        }

        File.Move(draft, path);
        return id;
    }
}
