namespace NetSniff.Tests;

/// <summary>Bytes as a reader of an RFC would write them down: hex with blanks anywhere.</summary>
internal static class Hex
{
    public static byte[] Bytes(string text) =>
        Convert.FromHexString(string.Concat(text.Where(character => !char.IsWhiteSpace(character))));
}
