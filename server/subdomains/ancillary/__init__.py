"""What every product needs beside its own business: audits, mails, messages, flags, usages. One area each."""
