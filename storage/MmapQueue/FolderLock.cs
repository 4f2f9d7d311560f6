namespace NetSniff.Storage.MmapQueue;

/// <summary>One process for a folder at a time.</summary>
internal static class FolderLock
{
    private const string FileName = "lock";

    /// <returns>Held until it is disposed.</returns>
    /// <exception cref="IOException">Another process has the folder.</exception>
    public static FileStream Take(string folder)
    {
        try
        {
            return new FileStream(
                Path.Combine(folder, FileName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException taken)
        {
            throw new IOException($"{folder} is in use by another process", taken);
        }
    }
}
