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
    /// <param name="prefix">How the id begins, in hex digits: whose it is. The rest is made up.</param>
    public static string Of(string folder, string prefix)
    {
        var path = Path.Combine(folder, FileName);
        if (File.Exists(path))
        {
            var known = File.ReadAllText(path).Trim();
            if (known.Length != Digits || !known.All(char.IsAsciiHexDigitLower))
            {
                throw new IOException($"{path} is damaged: restore it, or give up the spool by deleting its folder");
            }

            return known.StartsWith(prefix, StringComparison.Ordinal)
                ? known
                : throw new IOException(
                    $"the spool in {folder} was made under another sensor's name: send what is in it "
                    + "with the certificate it was made with, or begin another in another folder (--spool)");
        }

        var id = prefix + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes((Digits - prefix.Length) / 2));
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
